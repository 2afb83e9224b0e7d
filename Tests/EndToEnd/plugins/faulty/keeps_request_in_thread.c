/* rule: borrowing */
#define STOP stop
#define INSTANCE pthread_t thread; int busy;
#define CHECK check
#include "guardrail.h"
typedef struct {
  const smg_host *host;
  smg_call call;
  const smg_guard_request *request;
} work;
static void *judge(void *arg) {
  work w = *(work *)arg;
  free(arg);
  pause_ms(20);
  answer(w.host, w.call, w.request->segment_count > 100 ? SMG_BLOCK : SMG_ALLOW);
  return NULL;
}
static smg_status stop(void *self, uint64_t deadline) {
  instance *me = self;
  (void)deadline;
  if (me->busy) pthread_join(me->thread, NULL);
  return SMG_OK;
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  instance *me = self;
  work *w = malloc(sizeof *w);
  *w = (work){ host, call, request };
  if (me->busy) pthread_join(me->thread, NULL);
  me->busy = !pthread_create(&me->thread, NULL, judge, w);
}
PLUGIN
