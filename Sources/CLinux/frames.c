#define _GNU_SOURCE
#include "smg_linux.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int smg_frame_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

int smg_frame_send(int fd, const void *head, size_t head_bytes, const void *body, size_t body_bytes, int attached, int waits) {
  struct iovec parts[2] = {{(void *)head, head_bytes}, {(void *)body, body_bytes}};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control = {{0}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  if (attached >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *entry = CMSG_FIRSTHDR(&message);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(entry), &attached, sizeof attached);
  }
  ssize_t sent;
  do sent = sendmsg(fd, &message, MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT));
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

ssize_t smg_frame_receive(int fd, void *buffer, size_t capacity, int *attached, int waits) {
  struct iovec part = {buffer, capacity};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (attached) {
    *attached = -1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
  }
  ssize_t count;
  do count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
  while (count < 0 && errno == EINTR);
  if (count < 0) return -1;
  for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry; entry = CMSG_NXTHDR(&message, entry))
    if (entry->cmsg_level == SOL_SOCKET && entry->cmsg_type == SCM_RIGHTS && entry->cmsg_len == CMSG_LEN(sizeof(int)))
      memcpy(attached, CMSG_DATA(entry), sizeof *attached);
  /* Without room for them, the kernel closes descriptors that come along, and says MSG_CTRUNC. */
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
    if (attached && *attached >= 0) {
      close(*attached);
      *attached = -1;
    }
    errno = EMSGSIZE;
    return -1;
  }
  return count;
}

int smg_shared_bytes(const char *name, const void *bytes, size_t count) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  for (size_t done = 0; done < count;) {
    ssize_t written = write(fd, (const char *)bytes + done, count - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      int error = written < 0 ? errno : EIO;
      close(fd);
      errno = error;
      return -1;
    }
    done += (size_t)written;
  }
  if (smg_memfd_seal(fd) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}
