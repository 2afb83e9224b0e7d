/* Does what no plugin may do, as the first segment's text says. */
#define _GNU_SOURCE
#define CHECK check
#ifndef FLAGS
#define FLAGS 0
#endif
#include <sys/shm.h>
#include <sys/stat.h>
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "common.h"

static _Atomic int released;

static void *spin(void *arg) {
  (void)arg;
  while (!released) {}
  return NULL;
}

static void *hold(void *arg) {
  for (;;) pause();
  return arg;
}

static void number(const smg_host *host, const char *name, int value) {
  char line[64];
  snprintf(line, sizeof line, "%s-%d", name, value);
  note(host, line);
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  const smg_host *host = ((instance *)self)->host;
  smg_bytes t = r->segments[0].text;
  if (contains(t, "segfault")) *(volatile int *)8 = 1;
  if (contains(t, "abort")) abort();
  if (contains(t, "exit")) _exit(7);
  if (contains(t, "last words")) { fprintf(stderr, "the last words\n"); abort(); }
  if (contains(t, "spin")) { note(host, "spinning"); spin(NULL); }
  if (contains(t, "deadlock")) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    note(host, "locking");
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock);
  }
  if (contains(t, "leak")) {
    note(host, "leaking");
    for (;;) {
      char *block = malloc(1 << 20);
      if (!block) abort();
      memset(block, 1, 1 << 20);
    }
  }
  if (contains(t, "fork")) {
    pid_t child = fork();
    if (child == 0) for (;;) pause();
    number(host, "fork", child < 0 ? errno : 0);
  }
  if (contains(t, "run")) {
    char *arguments[] = {"/bin/true", NULL};
    execv("/bin/true", arguments);
    number(host, "exec", errno);
  }
  if (contains(t, "stdout")) {
    static const char words[] = "{\"jsonrpc\":\"2.0\"}\n";
    for (int i = 0; i < 1000; i++) if (write(1, words, sizeof words - 1) < 0) break;
    note(host, "wrote");
  }
  if (contains(t, "socket")) number(host, "socket", socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0);
  if (contains(t, "read ")) {
    char path[256] = {0};
    const uint8_t *start = t.ptr + 5;
    memcpy(path, start, t.len - 5 < sizeof path ? t.len - 5 : sizeof path - 1);
    int fd = open(path, O_RDONLY);
    number(host, "read", fd < 0 ? errno : 0);
    if (fd >= 0) close(fd);
  }
  if (contains(t, "write")) {
    int fd = open("/tmp/smg-doomed", O_WRONLY | O_CREAT, 0600);
    number(host, "write", fd < 0 ? errno : 0);
  }
  if (contains(t, "rights")) number(host, "rights", chmod("/tmp", 01777) < 0 ? errno : 0);
  if (contains(t, "shared")) number(host, "shared", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) < 0 ? errno : 0);
  if (contains(t, "threads")) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    pthread_t thread;
    for (;;) if (pthread_create(&thread, &small, hold, NULL) != 0) pause_ms(1);
  }
  if (contains(t, "descriptors")) {
    /* More than one, and with a message that is right otherwise: a log line of nothing. */
    struct { uint32_t kind, form; uint64_t number, bytes; } header = {68, 0, 0, 0};
    int attached[2] = {0, 0};
    union { char bytes[CMSG_SPACE(sizeof attached)]; struct cmsghdr aligned; } control = {{0}};
    struct iovec part = {&header, sizeof header};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *entry = CMSG_FIRSTHDR(&message);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(sizeof attached);
    memcpy(CMSG_DATA(entry), attached, sizeof attached);
    sendmsg(3, &message, 0);
    pause_ms(5000);
  }
  if (contains(t, "pieces")) {
    /* The beginning of a long message, and then another one. */
    struct { uint32_t kind, form; uint64_t number, bytes; char body[8]; } first = {68, 2, 0, 1 << 20, {0}};
    send(3, &first, sizeof first, 0);
    first.form = 0;
    send(3, &first, sizeof first, 0);
    pause_ms(5000);
  }
  if (contains(t, "owner")) number(host, "owner", fcntl(3, F_SETOWN, getppid()) < 0 ? errno : 0);
  if (contains(t, "processor")) {
    unsigned long mask = 1;
    number(host, "processor", syscall(SYS_sched_setaffinity, getppid(), sizeof mask, &mask) < 0 ? errno : 0);
  }
  if (contains(t, "anonymous")) {
    number(host, "memfd", memfd_create("x", 0) < 0 ? errno : 0);
    number(host, "anonymous", mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
  }
  if (contains(t, "signal")) number(host, "signal", kill(getppid(), 0) < 0 ? errno : 0);
  if (contains(t, "twice")) complete_action(host, call, SMG_ALLOW);
  if (contains(t, "close")) { close(3); for (;;) pause(); }
  if (contains(t, "garbage")) { send(3, "nonsense", 8, 0); pause_ms(5000); }
  if (contains(t, "stop yourself")) { number(host, "stopping", 0); raise(SIGSTOP); }
  if (contains(t, "process")) number(host, "pid", (int)getpid());
  complete_action(host, call, SMG_ALLOW);
}
GUARDRAIL
