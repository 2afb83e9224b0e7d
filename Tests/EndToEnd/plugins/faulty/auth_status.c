/* rule: well-formed */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  smg_outcome out = { .size = sizeof out, .status = SMG_E_FORBIDDEN };
  host->complete(host->ctx, call, &out);
}
PLUGIN
