/* rule: crash; check: invalid-utf8; status: warn */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  for (size_t i = 0; i < request->segment_count; i++)
    for (size_t k = 0; k < request->segments[i].text.len; k++)
      if (request->segments[i].text.ptr[k] == 0xFF) abort();
  answer(host, call, SMG_ALLOW);
}
PLUGIN
