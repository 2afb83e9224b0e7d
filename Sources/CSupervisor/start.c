#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What the new process tells its parent when it could not become the command. */
struct failure {
  int error;
  char step[16];
};

/* Keeps the entries marked with a tilde, without it, in their order. */
static void uncover_environment(void) {
  char **kept = environ;
  if (environ == NULL) return;
  for (char **entry = environ; *entry != NULL; entry++) {
    if (**entry == '~') *kept++ = *entry + 1;
  }
  *kept = NULL;
}

static const char *environment_value(const char *name) {
  size_t length = strlen(name);
  for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  }
  return NULL;
}

static void reset_signals(void) {
  struct sigaction standard;
  sigset_t none;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool apply_limits(const struct smg_options *options) {
  for (int kind = 0; kind < SMG_LIMIT_KINDS; kind++) {
    struct rlimit limit;
    if (!options->limits[kind].set) continue;
    if (getrlimit(smg_limit_resource(kind), &limit) != 0) return false;
    /* A limit that is already tighter stays: only root could widen it. */
    if (limit.rlim_max > options->limits[kind].value) limit.rlim_max = options->limits[kind].value;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(smg_limit_resource(kind), &limit) != 0) return false;
  }
  return true;
}

/* Tries DIRECTORY/NAME for every directory of the command's own PATH; an empty element, which POSIX reads as the working directory,
 * is skipped. Returns only on failure: EACCES if something was found but may not be executed, otherwise the last error. */
static int execute_along_path(char **command) {
  const char *path = environment_value("PATH");
  size_t name_length = strlen(command[0]);
  int error = ENOENT;
  char file[PATH_MAX];
  if (path == NULL) path = "/usr/local/bin:/usr/bin:/bin";
  while (*path != '\0') {
    size_t length = strcspn(path, ":");
    if (length > 0 && length + 1 + name_length < sizeof file) {
      memcpy(file, path, length);
      file[length] = '/';
      memcpy(file + length + 1, command[0], name_length + 1);
      execve(file, command, environ);
      if (errno != ENOENT && errno != ENOTDIR && (errno == EACCES || error != EACCES)) error = errno;
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return errno;
    }
    path += length;
    if (*path == ':') path++;
  }
  return error;
}

static int execute(char **command) {
  if (strchr(command[0], '/') == NULL) return execute_along_path(command);
  execve(command[0], command, environ);
  return errno;
}

/* In the new process. */
_Noreturn static void become_command(const struct smg_options *options, pid_t parent, int report) {
  struct failure failure = {0, ""};
  const char *step = "exec";
  /* The second line of defence, should somebody kill the supervisor itself: the command dies with it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  if (setpgid(0, 0) != 0) {
    step = "group";
  } else if (!apply_limits(options)) {
    step = "limit";
  } else if (options->directory != NULL && chdir(options->directory) != 0) {
    step = "directory";
  } else {
    reset_signals();
    errno = execute(options->command);
  }
  failure.error = errno;
  memcpy(failure.step, step, strlen(step) + 1);
  /* If this is lost the parent sees the end of file and then the exit status, which tell the same less precisely. */
  if (write(report, &failure, sizeof failure) < 0) _exit(126);
  _exit(127);
}

/* Blocks until the command was executed (end of file) or could not be. */
static bool read_failure(int report, struct failure *failure) {
  ssize_t count;
  do {
    count = read(report, failure, sizeof *failure);
  } while (count < 0 && errno == EINTR);
  return count == (ssize_t)sizeof *failure;
}

/* The pipes belong to the command from now on: if this process kept them, the gateway would not see the command close its end. */
static void let_go_of_pipes(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) {
    if (null < 0 || dup2(null, fd) < 0) close(fd);
  }
  if (null > 2) close(null);
}

int smg_start(struct smg_supervisor *supervisor, const struct smg_options *options) {
  int report[2];
  struct failure failure;
  pid_t self = getpid();
  uncover_environment();
  if (pipe2(report, O_CLOEXEC) != 0) {
    smg_report('E', errno, "fork");
    return 126;
  }
  supervisor->child = fork();
  if (supervisor->child == 0) become_command(options, self, report[1]);
  if (supervisor->child < 0) {
    smg_report('E', errno, "fork");
    return 126;
  }
  close(report[1]);
  let_go_of_pipes();
  bool failed = read_failure(report[0], &failure);
  close(report[0]);
  if (!failed) {
    smg_report('P', supervisor->child, NULL);
    return 0;
  }
  failure.step[sizeof failure.step - 1] = '\0';
  waitpid(supervisor->child, NULL, 0);
  smg_report('E', failure.error, failure.step);
  return failure.error == ENOENT ? 127 : 126;
}
