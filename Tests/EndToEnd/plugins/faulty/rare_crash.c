/* rule: crash; check: fuzz */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  for (size_t i = 0; i < request->segment_count; i++)
    if (request->segments[i].text.len > 8 && memmem(request->segments[i].text.ptr, request->segments[i].text.len, "'; --", 5)) abort();
  answer(host, call, SMG_ALLOW);
}
PLUGIN
