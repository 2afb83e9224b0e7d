/* rule: host-calls */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  host->log(host->ctx, SMG_LOG_INFO, text("\xC3("), (smg_kvs){ 0 });
  answer(host, call, SMG_ALLOW);
}
PLUGIN
