#define _GNU_SOURCE
#include "smg_linux.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* Linux 6.3: says that the file is meant to be executed */
#endif

static const int all_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int smg_memfd(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fd;
}

int smg_memfd_data(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int smg_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int smg_memfd_seal(int fd) { return fcntl(fd, F_ADD_SEALS, all_seals); }

int smg_memfd_is_sealed(int fd) {
  int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & all_seals) == all_seals;
}

int smg_open_folder(int parent, const char *name) { return openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC); }

DIR *smg_list_folder(int folder) {
  int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return NULL;
  DIR *listing = fdopendir(fd);
  if (listing == NULL) close(fd);
  return listing;
}

int smg_open_file(int parent, const char *name) { return openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }

int smg_is_secure_exec(void) { return getauxval(AT_SECURE) != 0; }

void smg_keep_freed_memory(int kept_bytes, int block_bytes) {
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_MMAP_THRESHOLD, block_bytes);
}

void smg_name_thread(const char *name) {
  char cut[16];
  strncpy(cut, name, sizeof cut - 1);
  cut[sizeof cut - 1] = 0;
  pthread_setname_np(pthread_self(), cut);
}

const char *smg_library_of(const char *symbol) {
  Dl_info info;
  void *address = dlsym(RTLD_DEFAULT, symbol);
  return address != NULL && dladdr(address, &info) != 0 ? info.dli_fname : NULL;
}

void smg_confine_child(unsigned cpu_seconds) {
  struct rlimit none = {0, 0}, cpu = {cpu_seconds, cpu_seconds + 1};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_CPU, &cpu);
}

int smg_spawn_close_from(posix_spawn_file_actions_t *actions, int first) { return posix_spawn_file_actions_addclosefrom_np(actions, first); }

int smg_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int smg_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int smg_epoll_watch(int epoll, int fd, unsigned interest) {
  struct epoll_event event = {.data.fd = fd};
  if (interest & SMG_READABLE) event.events |= EPOLLIN;
  if (interest & SMG_WRITABLE) event.events |= EPOLLOUT;
  if (!interest) return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
  return errno == ENOENT ? epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) : -1;
}

int smg_epoll_wait(int epoll, smg_ready *ready, int capacity, int milliseconds) {
  struct epoll_event events[64];
  int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, milliseconds);
  for (int index = 0; index < count; index++) {
    uint32_t bits = events[index].events;
    ready[index].fd = events[index].data.fd;
    ready[index].bits = (bits & EPOLLIN ? SMG_READABLE : 0) | (bits & EPOLLOUT ? SMG_WRITABLE : 0) | (bits & (EPOLLERR | EPOLLHUP) ? SMG_BROKEN : 0);
  }
  return count;
}

int smg_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int smg_pidfd_signal(int pidfd, int number) { return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0); }
