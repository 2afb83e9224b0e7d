/* rule: crash; check: cancel */
#define CANCEL cancel
#define INSTANCE int *last;
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  ((instance *)self)->last = NULL;
  answer(host, call, SMG_ALLOW);
}
static void cancel(void *self, smg_call call) {
  (void)call;
  *((instance *)self)->last = 1; /* completed calls are cancelled, too */
}
PLUGIN
