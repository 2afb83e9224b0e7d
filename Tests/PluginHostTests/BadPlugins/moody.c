/* Behaves as the first segment's text says. */
#define CHECK check
#define CANCEL cancelled
#define STOP stop
#ifndef FLAGS
#define FLAGS 0
#endif
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
static void cancelled(void *, smg_call);
static smg_status stop(void *, uint64_t);
#include "common.h"

static _Atomic int released;          /* lets whatever hangs go on */
static _Atomic smg_call kept;         /* a call that nobody has completed yet */
static _Atomic(const smg_host *) keeper;
static _Atomic int threads, overlapping, most;

typedef struct job { const smg_host *host; smg_call call; long delay_ms; } job;

static void *later(void *arg) {
  job *j = arg;
  pause_ms(j->delay_ms);
  note(j->host, complete_action(j->host, j->call, SMG_ALLOW) == SMG_OK ? "later-ok" : "later-stale");
  free(j);
  threads--;
  return NULL;
}

static void start_later(const smg_host *host, smg_call call, long delay_ms) {
  job *j = malloc(sizeof *j);
  *j = (job){host, call, delay_ms};
  pthread_t t;
  threads++;
  if (pthread_create(&t, NULL, later, j) == 0) pthread_detach(t);
}

static void hang(const smg_host *host, const char *why) {
  note(host, why);
  while (!released) pause_ms(1);
  note(host, "woke");
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  instance *me = self;
  const smg_host *host = me->host;
  smg_bytes t = r->segments[0].text;
  int now = ++me->inside, before = most;
  while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) {}
  if (now > 1) overlapping++;
  if (contains(t, "release")) { released = 1; complete_action(host, call, SMG_ALLOW); }
  else if (contains(t, "hold")) { released = 0; complete_action(host, call, SMG_ALLOW); }
  else if (contains(t, "hang")) { hang(host, "hanging"); note(host, complete_action(host, call, SMG_ALLOW) == SMG_OK ? "hang-ok" : "hang-stale"); }
  else if (contains(t, "answer, then stay")) { complete_action(host, call, SMG_ALLOW); hang(host, "staying"); }
  else if (contains(t, "twice")) { complete_action(host, call, SMG_ALLOW); note(host, complete_action(host, call, SMG_BLOCK) == SMG_E_STALE ? "second-stale" : "second-ok"); }
  else if (contains(t, "thread")) start_later(host, call, 5);
  else if (contains(t, "late")) start_later(host, call, 200);
  else if (contains(t, "forged")) {
    for (uint64_t i = 0; i < 1000; i++) complete_action(host, call ^ (1 + i * 0x9E3779B97F4A7C15u), SMG_BLOCK);
    complete_action(host, 0, SMG_BLOCK);
    complete_action(host, call, SMG_ALLOW);
  }
  else if (contains(t, "keep")) { keeper = host; kept = call; note(host, "kept"); }
  else if (contains(t, "foreign")) { note(host, complete_action(host, kept, SMG_BLOCK) == SMG_E_STALE ? "foreign-stale" : "foreign-ok"); complete_action(host, call, SMG_ALLOW); }
  else if (contains(t, "finish kept")) { note(host, complete_action(keeper, kept, SMG_BLOCK) == SMG_OK ? "kept-ok" : "kept-stale"); complete_action(host, call, SMG_ALLOW); }
  else if (contains(t, "never")) { /* no answer, but the function returns */ }
  else if (contains(t, "sleep")) { pause_ms(3); complete_action(host, call, SMG_ALLOW); }
  else if (contains(t, "unavailable")) {
    smg_outcome out = {.size = sizeof out, .status = SMG_E_UNAVAILABLE, .message = text("the service is down"), .retry_after_ms = 1500};
    host->complete(host->ctx, call, &out);
  }
  else if (contains(t, "forbid")) complete_status(host, call, SMG_E_FORBIDDEN, "no");
  else if (contains(t, "overlaps")) {
    char name[32];
    snprintf(name, sizeof name, "overlaps-%d", overlapping);
    note(host, name);
    complete_action(host, call, SMG_ALLOW);
  }
  else complete_action(host, call, SMG_ALLOW);
  me->inside--;
}

static void cancelled(void *self, smg_call call) {
  note(((instance *)self)->host, "cancelled");
  complete_status(((instance *)self)->host, call, SMG_E_CANCELLED, "");
}

static smg_status stop(void *self, uint64_t deadline) {
  (void)deadline;
  note(((instance *)self)->host, "stopped");
  while (threads > 0) pause_ms(1);
  return SMG_OK;
}
GUARDRAIL
