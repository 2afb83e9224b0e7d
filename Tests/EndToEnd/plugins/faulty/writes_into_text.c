/* rule: borrowing */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  for (size_t i = 0; i < request->segment_count; i++)
    if (request->segments[i].text.len) ((uint8_t *)request->segments[i].text.ptr)[0] |= 0x20;
  answer(host, call, SMG_ALLOW);
}
PLUGIN
