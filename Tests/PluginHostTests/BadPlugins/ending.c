/* `stop` and what comes after it, as the configuration says. */
#define CREATE create
#define CHECK check
#define STOP stop
#define DESTROY destroy
#define FLAGS 0
#include "smg_plugin.h"
static smg_status create(const smg_host *, smg_bytes, smg_sink, void **);
static void check(void *, smg_call, const smg_guard_request *);
static smg_status stop(void *, uint64_t);
static void destroy(void *);
#include "common.h"

typedef struct {
  const smg_host *host;
  int hangs, refuses, haunts, timers;
  _Atomic int alive, fired;
} ending;

static _Atomic int released;

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)error;
  ending *e = calloc(1, sizeof *e);
  e->host = host;
  e->alive = 1;
  e->hangs = contains(config, "hangs");
  e->refuses = contains(config, "refuses");
  e->haunts = contains(config, "haunts");
  e->timers = contains(config, "timers");
  *self = e;
  return SMG_OK;
}

static void fire(void *arg, smg_status why) {
  ending *e = arg;
  pause_ms(20);
  note(e->host, e->alive ? "fired-alive" : "fired-dead");
  note(e->host, why == SMG_E_CANCELLED ? "fired-cancelled" : "fired-due");
}

typedef struct { const smg_host *host; smg_call call; } ghost;

static void *haunt(void *arg) {
  ghost *g = arg;
  pause_ms(50);
  note(g->host, complete_action(g->host, g->call, SMG_ALLOW) == SMG_E_STALE ? "ghost-stale" : "ghost-ok");
  free(g);
  return NULL;
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  ending *e = self;
  const smg_host *host = e->host;
  const smg_host_timer *timer = host->get_interface(host->ctx, SMG_HOST_TIMER);
  smg_bytes t = r->segments[0].text;
  if (contains(t, "release")) released = 1;
  if (contains(t, "stay")) {
    note(host, "staying");
    while (!released) pause_ms(1);
    note(host, e->alive ? "left-alive" : "left-dead");
  }
  if (contains(t, "arm"))
    for (int i = 0; i < 10; i++) timer->after(host->ctx, 3600000000000u, fire, e, NULL);
  if (contains(t, "haunt")) {
    ghost *g = malloc(sizeof *g);
    *g = (ghost){host, call};
    pthread_t thread;
    pthread_create(&thread, NULL, haunt, g);
    pthread_detach(thread);
    return;
  }
  if (contains(t, "unanswered")) return;
  complete_action(host, call, SMG_ALLOW);
}

static smg_status stop(void *self, uint64_t deadline) {
  (void)deadline;
  ending *e = self;
  note(e->host, "stopped");
  const smg_host_timer *timer = e->host->get_interface(e->host->ctx, SMG_HOST_TIMER);
  note(e->host, timer->after(e->host->ctx, 0, fire, e, NULL) == SMG_E_CANCELLED ? "late-timer-refused" : "late-timer-accepted");
  while (e->hangs && !released) pause_ms(1);
  return e->refuses ? SMG_E_INTERNAL : SMG_OK;
}

static void destroy(void *self) {
  ending *e = self;
  e->alive = 0;
  note(e->host, "destroyed");
  free(e);
}
GUARDRAIL
