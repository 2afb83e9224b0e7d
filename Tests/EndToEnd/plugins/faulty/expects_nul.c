/* rule: borrowing */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  size_t sum = 0;
  for (size_t i = 0; i < request->segment_count; i++)
    if (request->segments[i].text.len) sum += strlen((const char *)request->segments[i].text.ptr);
  answer(host, call, sum == 12345678 ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
