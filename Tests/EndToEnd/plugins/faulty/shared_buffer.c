/* rule: concurrency */
#include <sched.h>
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  /* The text is put together in a buffer that all calls share. */
  static volatile size_t length;
  length = 0;
  for (size_t i = 0; i < request->segment_count; i++) {
    length += request->segments[i].text.len;
    sched_yield();
  }
  answer(host, call, length > 100 ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
