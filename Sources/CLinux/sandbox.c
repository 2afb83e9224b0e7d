#define _GNU_SOURCE
#include "smg_linux.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Landlock: files, TCP, signals and abstract sockets. The numbers are the kernel's, which the system's headers may not know yet. */

#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT_SELF 446
#define LANDLOCK_VERSION 1u
#define LANDLOCK_PATH_BENEATH 1
#define FS_EXECUTE (1ull << 0)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_FIRST_ABI ((1ull << 13) - 1)
#define FS_REFER (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define NET_TCP 3ull
#define SCOPES 3ull

struct ruleset {
  uint64_t files, net, scopes;
};
struct beneath {
  uint64_t access;
  int32_t parent;
} __attribute__((packed));

static int allow(int ruleset, int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return -1;
  struct beneath rule = {.access = S_ISDIR(info.st_mode) ? FS_READ_FILE | FS_READ_DIR : FS_READ_FILE, .parent = fd};
  return (int)syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
}

static int allow_path(int ruleset, const char *path) {
  int fd = open(path, O_PATH | O_CLOEXEC);
  /* What is not there needs no permission. */
  if (fd < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
  int result = allow(ruleset, fd);
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Beside the libraries that the process runs on already, a plugin's are found. */
static int allow_loaded(struct dl_phdr_info *info, size_t size, void *ruleset) {
  (void)size;
  char folder[PATH_MAX];
  const char *slash = strrchr(info->dlpi_name, '/');
  size_t length = slash ? (size_t)(slash - info->dlpi_name) : 0;
  if (length == 0 || length >= sizeof folder) return 0;
  memcpy(folder, info->dlpi_name, length);
  folder[length] = 0;
  return allow_path(*(int *)ruleset, folder);
}

static int restrict_files(const char *const *paths, size_t count, int image, int network) {
  long version = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
  if (version < 1) return -1;
  struct ruleset rules = {.files = FS_FIRST_ABI};
  if (version >= 2) rules.files |= FS_REFER;
  if (version >= 3) rules.files |= FS_TRUNCATE;
  if (version >= 4 && !network) rules.net = NET_TCP;
  if (version >= 5) rules.files |= FS_IOCTL_DEV;
  if (version >= 6) rules.scopes = SCOPES;
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &rules, size, 0);
  if (ruleset < 0) return -1;
  int result = dl_iterate_phdr(allow_loaded, &ruleset);
  for (size_t index = 0; index < count && result == 0; index++) result = allow_path(ruleset, paths[index]);
  /* A memory file needs no rule and cannot have one. */
  if (result == 0 && smg_memfd_is_sealed(image) != 1) result = allow(ruleset, image);
  if (result == 0) result = (int)syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0);
  int error = errno;
  close(ruleset);
  errno = error;
  return result;
}

/* ---- seccomp: system calls that no plugin needs. */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* They fail with EPERM. */
static const int denied[] = {
#ifdef SYS_fork
    SYS_fork,
#endif
#ifdef SYS_vfork
    SYS_vfork,
#endif
#ifdef SYS_iopl
    SYS_iopl,
#endif
#ifdef SYS_ioperm
    SYS_ioperm,
#endif
#ifdef SYS_modify_ldt
    SYS_modify_ldt,
#endif
    /* What Landlock does not see: rights, owners, times and attributes of files, and what processes of one user share. */
#ifdef SYS_chmod
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
    SYS_fchmod, SYS_fchmodat, 452 /* fchmodat2 */, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_truncate, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_mq_open, SYS_mq_unlink, SYS_syslog,
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_open, SYS_pidfd_send_signal,
    438 /* pidfd_getfd */, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_bpf, SYS_perf_event_open,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_userfaultfd, 425, 426, 427 /* io_uring */, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
    SYS_personality, SYS_vhangup, SYS_lookup_dcookie, SYS_setpgid, SYS_setsid, SYS_setpriority, SYS_ioprio_set, SYS_tkill, SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo, SYS_process_madvise, SYS_move_pages, SYS_migrate_pages, 428, 429, 430, 431, 432, 433, 442 /* mounts */,
    /* Memory that no limit counts. */
    SYS_memfd_create, 447 /* memfd_secret */,
    /* What happens to files that may not be read. */
    SYS_inotify_add_watch, SYS_fanotify_init,
};
/* Of the caller only, or of a process of this number. */
static const int own[] = {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
/* Skips `other` instructions unless the value is this. */
#define UNLESS(value, other) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, other)
#define ADD(...)                                                      \
  do {                                                                \
    const struct sock_filter more[] = {__VA_ARGS__};                  \
    for (size_t at = 0; at < sizeof more / sizeof *more; at++) program[length++] = more[at]; \
  } while (0)

static int restrict_calls(int network) {
#ifndef MACHINE
  errno = ENOSYS;
  return -1;
#else
  struct sock_filter program[sizeof denied / sizeof *denied * 2 + sizeof own / sizeof *own * 7 + 64];
  unsigned short length = 0;
  uint32_t self = (uint32_t)getpid();
  /* Another machine's calls have other numbers. */
  ADD(LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr));
#ifdef __x86_64__
  ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS));
#endif
  for (size_t index = 0; index < sizeof denied / sizeof *denied; index++) ADD(UNLESS((uint32_t)denied[index], 1), FAIL(EPERM));
  /* Threads, but no processes. clone3 keeps its flags where a filter cannot look, and the C library does without it. */
  ADD(UNLESS(SYS_clone3, 1), FAIL(ENOSYS));
  ADD(UNLESS(SYS_clone, 4), ARGUMENT(0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1), ALLOW, FAIL(EPERM));
  /* Signals to itself only, and limits of its own. */
  ADD(UNLESS(SYS_kill, 4), ARGUMENT(0), UNLESS(self, 1), ALLOW, FAIL(EPERM));
  ADD(UNLESS(SYS_tgkill, 4), ARGUMENT(0), UNLESS(self, 1), ALLOW, FAIL(EPERM));
  for (size_t index = 0; index < sizeof own / sizeof *own; index++)
    ADD(UNLESS((uint32_t)own[index], 6), ARGUMENT(0), UNLESS(0, 1), ALLOW, UNLESS(self, 1), ALLOW, FAIL(EPERM));
  /* A descriptor can be told to send any signal to any process of the user: by its owner, and by the signal it sends. */
  ADD(UNLESS(SYS_fcntl, 8), ARGUMENT(1), UNLESS(F_SETOWN, 1), FAIL(EPERM), UNLESS(F_SETOWN_EX, 1), FAIL(EPERM), UNLESS(F_SETSIG, 1), FAIL(EPERM), ALLOW);
  ADD(UNLESS(SYS_ioctl, 6), ARGUMENT(1), UNLESS(FIOSETOWN, 1), FAIL(EPERM), UNLESS(SIOCSPGRP, 1), FAIL(EPERM), ALLOW);
  /* Shared memory without a file, which no limit counts. */
  ADD(UNLESS(SYS_mmap, 5), ARGUMENT(3), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_SHARED | MAP_ANONYMOUS), UNLESS(MAP_SHARED | MAP_ANONYMOUS, 1),
      FAIL(EPERM), ALLOW);
  if (!network) {
    ADD(UNLESS(SYS_socket, 1), FAIL(EPERM));
  } else {
    ADD(UNLESS(SYS_socket, 8), ARGUMENT(0), UNLESS(AF_INET, 1), ALLOW, UNLESS(AF_INET6, 1), ALLOW, UNLESS(AF_NETLINK, 1), ALLOW, FAIL(EPERM));
  }
  ADD(ALLOW);
  struct sock_fprog filter = {.len = length, .filter = program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#endif
}

/* ---- All of it. */

static int limit(int what, rlim_t most) {
  struct rlimit value;
  if (getrlimit((__rlimit_resource_t)what, &value) != 0) return -1;
  if (value.rlim_max == RLIM_INFINITY || value.rlim_max > most) value.rlim_max = most;
  value.rlim_cur = value.rlim_max;
  return setrlimit((__rlimit_resource_t)what, &value);
}

smg_sandbox_result smg_sandbox(const char *const *readable, size_t count, int image, int network, size_t memory_bytes) {
  smg_sandbox_result result = {NULL, 0};
#define STEP(name, done)                              \
  if ((done) != 0) {                                  \
    result.error = errno;                             \
    result.step = name;                               \
    return result;                                    \
  }
  STEP("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  /* The thread that started this process waits for its end, so it goes only when the gateway goes. */
  STEP("end with the gateway", prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  STEP("no traces", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  STEP("limit of core dumps", limit(RLIMIT_CORE, 0));
#if !__has_feature(address_sanitizer)
  /* The sanitizer's shadow of all memory counts as data. */
  STEP("limit of memory", limit(RLIMIT_DATA, memory_bytes));
#endif
  STEP("limit of descriptors", limit(RLIMIT_NOFILE, 256));
  STEP("limit of locked memory", limit(RLIMIT_MEMLOCK, 64 << 10));
  STEP("limit of files", limit(RLIMIT_FSIZE, 256 << 20));
  STEP("Landlock", restrict_files(readable, count, image, network));
  STEP("seccomp", restrict_calls(network));
  return result;
}
