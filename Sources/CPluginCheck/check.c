#define _GNU_SOURCE
#include "smg_check.h"
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGE ((size_t)4096)
/* Address space only: a page costs memory while it is lent. */
#define ARENA_PAGES ((size_t)1 << 22)

enum { UNUSED = 0, LIVE = 1, RETIRED = 2 };

static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static uint8_t *pages; /* one of the states above for each page of the arena */
static size_t next_page;
static smg_black_box *watched;

static int arena_open(void) {
  if (arena != NULL) return 1;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  uint8_t *states = mmap(NULL, ARENA_PAGES, PROT_READ | PROT_WRITE, flags, -1, 0);
  char *room = mmap(NULL, ARENA_PAGES * PAGE, PROT_NONE, flags, -1, 0);
  if (states == MAP_FAILED || room == MAP_FAILED) return 0;
  pages = states;
  arena = room;
  return 1;
}

static size_t page_count(size_t size) { return (size + PAGE - 1) / PAGE; }

/* The first page of a piece, of which `start` lies in the first. */
static size_t first_page(const void *start) { return (size_t)((const char *)start - arena) / PAGE; }

void *smg_lend(size_t size, size_t alignment) {
  size_t needed = page_count(size == 0 ? 1 : size);
  void *result = NULL;
  pthread_mutex_lock(&arena_lock);
  if (arena_open() && needed + 1 < ARENA_PAGES - next_page) {
    char *start = arena + next_page * PAGE;
    if (mprotect(start, needed * PAGE, PROT_READ | PROT_WRITE) == 0) {
      memset(pages + next_page, LIVE, needed);
      next_page += needed + 1; /* the page behind stays closed */
      result = start + (needed * PAGE - size) / alignment * alignment;
    }
  }
  pthread_mutex_unlock(&arena_lock);
  return result;
}

void smg_lent_freeze(void *start, size_t size) {
  size_t first = first_page(start);
  mprotect(arena + first * PAGE, page_count(size == 0 ? 1 : size) * PAGE, PROT_READ);
}

void smg_lent_retire(void *start, size_t size) {
  size_t first = first_page(start), count = page_count(size == 0 ? 1 : size);
  pthread_mutex_lock(&arena_lock);
  memset(pages + first, RETIRED, count);
  /* A new mapping in its place: the memory goes back and the neighbours become one mapping again. */
  mmap(arena + first * PAGE, count * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  pthread_mutex_unlock(&arena_lock);
}

smg_black_box *smg_black_box_map(int fd) {
  void *box = mmap(NULL, sizeof(smg_black_box), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return box == MAP_FAILED ? NULL : box;
}

void smg_black_box_stage(smg_black_box *box, const char *stage) {
  size_t length = strlen(stage);
  if (length > sizeof box->stage - 1) length = sizeof box->stage - 1;
  memcpy(box->stage, stage, length);
  box->stage[length] = 0;
}

static uint32_t fault_at(const char *address) {
  if (arena == NULL || address < arena || address >= arena + ARENA_PAGES * PAGE) return SMG_FAULT_OTHER;
  switch (pages[(size_t)(address - arena) / PAGE]) {
    case LIVE: return SMG_FAULT_WRITTEN; /* it can be read */
    case RETIRED: return SMG_FAULT_RETIRED;
    default: return SMG_FAULT_BEYOND;
  }
}

static void crashed(int signal, siginfo_t *info, void *context) {
  (void)context;
  int has_address = signal == SIGSEGV || signal == SIGBUS;
  watched->fault = has_address ? fault_at(info->si_addr) : SMG_FAULT_OTHER;
  struct sigaction standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, NULL);
  raise(signal); /* delivered when this handler returns */
}

void smg_black_box_watch(smg_black_box *box) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = crashed;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  watched = box;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

int smg_has_children(void) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static uint64_t mix(uint64_t hash, uint64_t value) { return (hash ^ value) * 0x100000001b3ULL; }

uint64_t smg_signal_state(void) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    if (sigaction(signal, NULL, &action) != 0) continue;
    hash = mix(hash, (uint64_t)(uintptr_t)action.sa_handler);
  }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  for (int signal = 1; signal < NSIG; signal++) hash = mix(hash, (uint64_t)(sigismember(&mask, signal) == 1));
  return hash;
}

size_t smg_allocated_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
