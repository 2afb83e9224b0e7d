/* rule: crash; check: unknown-values */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  if (request->phase != SMG_PHASE_INPUT && request->phase != SMG_PHASE_OUTPUT) abort();
  answer(host, call, SMG_ALLOW);
}
PLUGIN
