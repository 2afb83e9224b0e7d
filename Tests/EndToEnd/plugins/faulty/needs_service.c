/* rule: crash; check: services */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  const smg_host_metrics *metrics = host->get_interface(host->ctx, SMG_HOST_METRICS);
  metrics->record(host->ctx, SMG_METRIC_COUNTER, text("checks"), text("1"), 1, (smg_kvs){ 0 });
  answer(host, call, SMG_ALLOW);
}
PLUGIN
