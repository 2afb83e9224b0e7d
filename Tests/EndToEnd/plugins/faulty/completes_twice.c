/* rule: completion */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  answer(host, call, SMG_ALLOW);
  answer(host, call, SMG_BLOCK);
}
PLUGIN
