/* Linux calls that Swift's Glibc module does not show because they need _GNU_SOURCE or are variadic. Thin: each returns what the call returns. */
#ifndef SMG_LINUX_H
#define SMG_LINUX_H
#include <dirent.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

/* The path of the library in this process that defines a symbol; NULL when none does. Valid for as long as the library is loaded. */
const char *smg_library_of(const char *symbol);

/* An anonymous file that can be sealed and whose pages may be executed; close-on-exec. -1 and errno when the system bars it. */
int smg_memfd(const char *name);
/* An anonymous file for data that is not executed; close-on-exec. -1 and errno. */
int smg_memfd_data(const char *name);
/* A pipe, both ends close-on-exec. 0, or -1 and errno. */
int smg_pipe(int ends[2]);
/* Seals the file for good: no write, no growth, no shrinking, no change of seals. 0, or -1 and errno. */
int smg_memfd_seal(int fd);
/* 1 when smg_memfd_seal's seals are all in place, 0 otherwise. */
int smg_memfd_is_sealed(int fd);
/* One component of a path, as a handle only: a symbolic link or a non-folder fails. */
int smg_open_folder(int parent, const char *name);
/* A listing of a folder opened so; NULL and errno. closedir() ends it. */
DIR *smg_list_folder(int folder);
/* A file for reading: a symbolic link fails, a FIFO does not block. */
int smg_open_file(int parent, const char *name);
/* 1 when the process runs with more rights than its user (AT_SECURE). */
int smg_is_secure_exec(void);
/* Freed memory up to `kept_bytes` is kept by the process, as are blocks up to `block_bytes`, instead of going back to the kernel (mallopt(3)). */
void smg_keep_freed_memory(int kept_bytes, int block_bytes);
/* Names the calling thread; longer names are cut at 15 bytes. */
void smg_name_thread(const char *name);
/* For a child that will run foreign code: no new privileges, no core dump, CPU seconds bounded. */
void smg_confine_child(unsigned cpu_seconds);
/* What could not be done, and why; no step when all was. */
typedef struct smg_sandbox_result {
  const char *step;
  int error;
} smg_sandbox_result;
/* For a process that is about to run foreign code, with one thread: it ends with the thread that started it, no new privileges, memory bounded, no files but these for reading, no processes, no
   signals to others, and no sockets unless `network`. `image` stays readable. */
smg_sandbox_result smg_sandbox(const char *const *readable, size_t count, int image, int network, size_t memory_bytes);
/* The child closes every descriptor from `first` on. 0 or an error number. */
int smg_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/* Two ends of a connection that keeps messages whole (SOCK_SEQPACKET), close-on-exec. 0, or -1 and errno. */
int smg_frame_pair(int ends[2]);
/* Sends one message of two parts, with a descriptor attached unless it is -1. 0, or -1 and errno: EAGAIN when it does not wait and there is no room. */
int smg_frame_send(int fd, const void *head, size_t head_bytes, const void *body, size_t body_bytes, int attached, int waits);
/* Receives one message, and the descriptor attached to it or -1; where `attached` is NULL, none may be. Its size; 0 when the other end is closed; -1 and errno,
   EMSGSIZE for one that does not fit. */
ssize_t smg_frame_receive(int fd, void *buffer, size_t capacity, int *attached, int waits);
/* An anonymous file with these bytes, sealed by smg_memfd_seal; close-on-exec. -1 and errno. */
int smg_shared_bytes(const char *name, const void *bytes, size_t count);

/* A handle of a process, which no other process ever takes; close-on-exec. -1 and errno. */
int smg_pidfd_open(int pid);
/* A signal to the process of a handle. 0, or -1 and errno. */
int smg_pidfd_signal(int pidfd, int number);

/* Descriptors watched for readiness, and one to interrupt the wait; close-on-exec. -1 and errno. */
int smg_epoll(void);
int smg_eventfd(void);
enum { SMG_READABLE = 1, SMG_WRITABLE = 2, SMG_BROKEN = 4 };
/* Watches fd for the given bits and no others; 0 ends it. 0, or -1 and errno. */
int smg_epoll_watch(int epoll, int fd, unsigned interest);
typedef struct smg_ready {
  int fd;
  unsigned bits;
} smg_ready;
/* What is ready, at most `capacity` of it and at most 64; waits for `milliseconds`. -1 and errno, EINTR among them. */
int smg_epoll_wait(int epoll, smg_ready *ready, int capacity, int milliseconds);
#endif
