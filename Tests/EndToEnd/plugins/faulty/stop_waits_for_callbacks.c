/* rule: returns; check: stop */
#define STOP stop
#define CHECK check
#define INSTANCE _Atomic int owed;
#include "guardrail.h"
static void done(void *arg, const smg_http_response *response) {
  (void)response;
  ((instance *)arg)->owed--;
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  instance *me = self;
  const smg_host_http *http = me->host->get_interface(me->host->ctx, SMG_HOST_HTTP);
  smg_http_request ask = { .size = sizeof ask, .method = TEXT("GET"), .url = TEXT("http://example.com/") };
  (void)request;
  me->owed++;
  if (!http || http->start(me->host->ctx, &ask, done, me, NULL) != SMG_OK) me->owed--;
  answer(me->host, call, SMG_ALLOW);
}
static smg_status stop(void *self, uint64_t deadline) {
  const instance *me = self;
  (void)deadline;
  pause_ms(50);
  while (me->host->size && me->owed >= 0) pause_ms(1); /* for its own count to become less than nothing */
  return SMG_OK;
}
PLUGIN
