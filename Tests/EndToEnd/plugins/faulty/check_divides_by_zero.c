/* rule: crash; check: completion */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  volatile size_t size = request->segment_count;
  volatile size_t share = 100 / size;
  answer(host, call, share == 7 ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
