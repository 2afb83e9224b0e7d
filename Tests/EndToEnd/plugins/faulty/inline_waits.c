/* rule: inline */
#define FLAGS SMG_PF_INLINE
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  pause_ms(30);
  answer(host, call, SMG_ALLOW);
}
PLUGIN
