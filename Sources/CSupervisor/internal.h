/* Shared by the files of the supervisor; see include/smg_supervisor.h for what it does. */
#ifndef SMG_SUPERVISOR_INTERNAL_H
#define SMG_SUPERVISOR_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { SMG_CONTROL_FD = 3, SMG_LIMIT_KINDS = 8 };

/* One --rlimit-NAME option. */
struct smg_limit {
  bool set;
  rlim_t value;
};

/* The command line, checked. */
struct smg_options {
  const char *directory;
  int64_t grace_ms;
  struct smg_limit limits[SMG_LIMIT_KINDS];
  char **command; /* null-terminated, at least one element */
};

enum smg_phase {
  SMG_RUNNING,     /* nobody asked for an end */
  SMG_TERMINATING, /* SIGTERM sent, grace period running */
  SMG_KILLING      /* SIGKILL to whatever is left, again and again */
};

struct smg_supervisor {
  pid_t child;       /* leader of its own process group */
  bool child_exited; /* it is a zombie, kept as such so that its number, and its group's, cannot be used by anyone else */
  bool child_reaped;
  int exit_code;
  int exit_signal;
  int signals; /* signalfd */
  bool control_open;
  enum smg_phase phase;
  int64_t grace_ms;
  int64_t kill_at_ms; /* end of the grace period, monotonic clock */
  int64_t retry_ms;   /* pause between two rounds of SIGKILL */
};

/* options.c */
bool smg_options_parse(struct smg_options *options, int argc, char **argv);
int smg_limit_resource(int kind);

/* start.c: starts the command in a process group of its own; reports P or E on the control socket. Returns 0, or the exit status. */
int smg_start(struct smg_supervisor *supervisor, const struct smg_options *options);

/* tree.c */

/* Calls `visit` with every process whose parent is the calling one, running or zombie. May miss some that appear or end meanwhile. */
void smg_each_child(void (*visit)(void *context, pid_t pid), void *context);

/* Reaps what has ended, except the command itself, whose end is noted in `child_exited`. */
void smg_collect(struct smg_supervisor *supervisor);

/* Sends `signal` to the command's process group and to every other child of this process. */
void smg_signal_tree(struct smg_supervisor *supervisor, int signal);

/* True when no descendant is left; reaps the command itself last. */
bool smg_tree_is_gone(struct smg_supervisor *supervisor);

/* report.c */
void smg_report(char kind, int64_t first, const char *word);
void smg_report_exit(int code, int signal);

#endif
