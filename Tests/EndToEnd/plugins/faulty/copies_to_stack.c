/* rule: crash; check: sizes */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  size_t size = 1;
  for (size_t i = 0; i < request->segment_count; i++) size += request->segments[i].text.len;
  volatile char copy[size];
  for (size_t i = 0; i < size; i += 1024) copy[i] = 1;
  answer(host, call, copy[0] == 2 ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
