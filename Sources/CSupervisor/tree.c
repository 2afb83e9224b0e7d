/* Finding, signalling and reaping descendants.
 *
 * Why no signal ever reaches a stranger: this process is the subreaper of everything below it, so whoever loses its parent becomes its
 * child, and the number of a child is not given to anyone else until this very process reaps it. Only children are signalled; their
 * own descendants become children when they end, and the next round finds them. A process group is signalled only while its leader is
 * such a child. The command itself is reaped last of all, for it is the leader of the first group.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers separated by blanks, as in /proc/thread-self/children. */
static bool each_listed_child(void (*visit)(void *, pid_t), void *context) {
  char buffer[1024];
  int64_t pid = 0;
  ssize_t count;
  int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while ((count = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t index = 0; index < count; index++) {
      if (buffer[index] >= '0' && buffer[index] <= '9') {
        pid = pid * 10 + (buffer[index] - '0');
      } else if (pid > 0) {
        visit(context, (pid_t)pid);
        pid = 0;
      }
    }
  }
  close(fd);
  return true;
}

/* Field 4 of /proc/PID/stat. The name in field 2 may hold anything, so the search starts behind its last parenthesis. */
static pid_t parent_of(int proc, const char *pid_name) {
  char path[64];
  char buffer[512];
  size_t length = strlen(pid_name);
  pid_t parent = 0;
  if (length > 20) return 0;
  memcpy(path, pid_name, length);
  memcpy(path + length, "/stat", 6);
  int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t count = read(fd, buffer, sizeof buffer - 1);
  close(fd);
  if (count <= 0) return 0;
  buffer[count] = '\0';
  char *field = strrchr(buffer, ')');
  if (field == NULL || strlen(field) < 5) return 0;
  for (field += 4; *field >= '0' && *field <= '9'; field++) parent = parent * 10 + (*field - '0');
  return parent;
}

static pid_t number(const char *name) {
  pid_t value = 0;
  for (; *name != '\0'; name++) {
    if (*name < '0' || *name > '9') return 0;
    value = value * 10 + (*name - '0');
  }
  return value;
}

/* For kernels without CONFIG_PROC_CHILDREN. */
static void each_found_child(void (*visit)(void *, pid_t), void *context) {
  _Alignas(struct dirent64) char buffer[4096];
  pid_t self = getpid();
  long count;
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return;
  while ((count = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0) {
    for (long offset = 0; offset < count;) {
      const struct dirent64 *entry = (const void *)(buffer + offset);
      pid_t pid = number(entry->d_name);
      if (pid > 0 && parent_of(proc, entry->d_name) == self) visit(context, pid);
      offset += entry->d_reclen;
    }
  }
  close(proc);
}

void smg_each_child(void (*visit)(void *context, pid_t pid), void *context) {
  if (!each_listed_child(visit, context)) each_found_child(visit, context);
}

static void note_exit(struct smg_supervisor *supervisor, const siginfo_t *info) {
  bool by_itself = info->si_code == CLD_EXITED;
  supervisor->child_exited = true;
  supervisor->exit_code = by_itself ? info->si_status : 0;
  supervisor->exit_signal = by_itself ? 0 : info->si_status;
  smg_report_exit(supervisor->exit_code, supervisor->exit_signal);
}

static void reap_other(void *context, pid_t pid) {
  const struct smg_supervisor *supervisor = context;
  if (pid != supervisor->child) waitpid(pid, NULL, WNOHANG);
}

void smg_collect(struct smg_supervisor *supervisor) {
  while (!supervisor->child_exited) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (info.si_pid == supervisor->child) {
      note_exit(supervisor, &info);
    } else {
      waitpid(info.si_pid, NULL, WNOHANG);
    }
  }
  /* With the command kept as a zombie, P_ALL would answer with nothing but it. */
  smg_each_child(reap_other, supervisor);
}

struct sending {
  const struct smg_supervisor *supervisor;
  int signal;
};

static void send_to(void *context, pid_t pid) {
  const struct sending *sending = context;
  const struct smg_supervisor *supervisor = sending->supervisor;
  pid_t group = getpgid(pid);
  bool had_it = !supervisor->child_reaped && group == supervisor->child;
  if (had_it || (pid == supervisor->child && supervisor->child_exited)) return;
  kill(group == pid ? -pid : pid, sending->signal);
}

void smg_signal_tree(struct smg_supervisor *supervisor, int signal) {
  struct sending sending = {supervisor, signal};
  if (!supervisor->child_reaped) kill(-supervisor->child, signal);
  smg_each_child(send_to, &sending);
}

struct counting {
  const struct smg_supervisor *supervisor;
  int others;
};

static void count_other(void *context, pid_t pid) {
  struct counting *counting = context;
  if (pid != counting->supervisor->child) counting->others++;
}

bool smg_tree_is_gone(struct smg_supervisor *supervisor) {
  if (!supervisor->child_exited) return false;
  if (!supervisor->child_reaped) {
    struct counting counting = {supervisor, 0};
    smg_each_child(count_other, &counting);
    if (counting.others > 0) return false;
    waitpid(supervisor->child, NULL, 0);
    supervisor->child_reaped = true;
    supervisor->child = 0;
  }
  /* The list may have missed one; the kernel's answer does not. */
  for (;;) {
    pid_t pid = waitpid(-1, NULL, WNOHANG);
    if (pid == 0) return false;
    if (pid < 0 && errno != EINTR) return true;
  }
}
