#define _GNU_SOURCE
#include "include/smg_supervisor.h"

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_RETRY_MS = 5, LAST_RETRY_MS = 200, USAGE_ERROR = 125 };

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int refuse(const char *reason) {
  ssize_t ignored = write(2, reason, strlen(reason));
  (void)ignored;
  return USAGE_ERROR;
}

static void close_all_others(void) {
  if (syscall(SYS_close_range, SMG_CONTROL_FD + 1, ~0U, 0) == 0) return;
  long count = sysconf(_SC_OPEN_MAX);
  for (int fd = SMG_CONTROL_FD + 1; fd < (count < 0 ? 65536 : count); fd++) close(fd);
}

/* Everything this process reacts to arrives as data; the command gets its own mask and dispositions back before it is executed. */
static int take_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGQUIT);
  if (sigprocmask(SIG_SETMASK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -1;
  /* An ignored SIGCHLD, which is inherited, would let the kernel reap the command behind our back. */
  if (signal(SIGCHLD, SIG_DFL) == SIG_ERR) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void begin_killing(struct smg_supervisor *supervisor) {
  if (supervisor->phase == SMG_KILLING) return;
  supervisor->phase = SMG_KILLING;
  supervisor->retry_ms = FIRST_RETRY_MS;
}

static void begin_terminating(struct smg_supervisor *supervisor) {
  if (supervisor->phase != SMG_RUNNING) return;
  supervisor->phase = SMG_TERMINATING;
  supervisor->kill_at_ms = now_ms() + supervisor->grace_ms;
  smg_signal_tree(supervisor, SIGTERM);
  /* A stopped process would not notice. */
  smg_signal_tree(supervisor, SIGCONT);
}

static void read_control(struct smg_supervisor *supervisor) {
  char commands[16];
  ssize_t count = read(SMG_CONTROL_FD, commands, sizeof commands);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) {
    supervisor->control_open = false;
    begin_terminating(supervisor);
    return;
  }
  for (ssize_t index = 0; index < count; index++) {
    if (commands[index] == 'T') begin_terminating(supervisor);
    if (commands[index] == 'K') begin_killing(supervisor);
  }
}

static void read_signals(struct smg_supervisor *supervisor) {
  struct signalfd_siginfo info;
  while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGCHLD) begin_terminating(supervisor);
  }
}

static int timeout_ms(const struct smg_supervisor *supervisor) {
  if (supervisor->phase == SMG_RUNNING) return -1;
  if (supervisor->phase == SMG_KILLING) return (int)supervisor->retry_ms;
  int64_t left = supervisor->kill_at_ms - now_ms();
  return left < 0 ? 0 : (int)left;
}

static void wait_for_something(struct smg_supervisor *supervisor) {
  struct pollfd events[2] = {
      {.fd = supervisor->signals, .events = POLLIN},
      {.fd = supervisor->control_open ? SMG_CONTROL_FD : -1, .events = POLLIN},
  };
  if (poll(events, 2, timeout_ms(supervisor)) <= 0) return;
  if (events[0].revents != 0) read_signals(supervisor);
  if (events[1].revents != 0) read_control(supervisor);
}

/* One step of the way down; true when the tree is gone. */
static bool advance(struct smg_supervisor *supervisor) {
  bool had_exited = supervisor->child_exited;
  smg_collect(supervisor);
  if (supervisor->child_exited && !had_exited) {
    /* Those whom the command left behind are asked politely too, once, now that they are this process's children. */
    if (supervisor->phase == SMG_TERMINATING) smg_signal_tree(supervisor, SIGTERM);
    begin_terminating(supervisor);
  }
  if (smg_tree_is_gone(supervisor)) return true;
  if (supervisor->phase == SMG_TERMINATING && now_ms() >= supervisor->kill_at_ms) begin_killing(supervisor);
  if (supervisor->phase == SMG_KILLING) {
    smg_signal_tree(supervisor, SIGKILL);
    if (supervisor->retry_ms < LAST_RETRY_MS) supervisor->retry_ms *= 2;
  }
  return false;
}

int smg_supervisor_main(int argc, char **argv) {
  struct smg_options options;
  struct smg_supervisor supervisor;
  memset(&supervisor, 0, sizeof supervisor);
  if (!smg_options_parse(&options, argc, argv)) return refuse("__supervise is for the gateway's own use\n");
  if (fcntl(SMG_CONTROL_FD, F_SETFD, FD_CLOEXEC) != 0) return refuse("__supervise: descriptor 3 is not open\n");
  close_all_others();
  supervisor.grace_ms = options.grace_ms;
  supervisor.control_open = true;
  supervisor.signals = take_signals();
  if (supervisor.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    smg_report('E', errno, "fork");
    return 126;
  }
  setsid(); /* fails only for a group leader, which then already is one */
  int failure = smg_start(&supervisor, &options);
  if (failure != 0) return failure;
  while (!advance(&supervisor)) wait_for_something(&supervisor);
  return supervisor.exit_signal != 0 ? 128 + supervisor.exit_signal : supervisor.exit_code;
}
