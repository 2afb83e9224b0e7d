/* rule: well-formed */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  smg_violation found = { .segment = SMG_NO_SEGMENT, .score = 100 };
  verdict.action = SMG_BLOCK, verdict.violations = &found, verdict.violation_count = 1;
  finish(host, call, &verdict);
}
PLUGIN
