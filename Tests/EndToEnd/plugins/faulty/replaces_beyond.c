/* rule: well-formed */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  smg_replacement new = { .segment = (uint32_t)request->segment_count, .text = TEXT("x") };
  verdict.action = SMG_TRANSFORM, verdict.replacements = &new, verdict.replacement_count = 1;
  finish(host, call, &verdict);
}
PLUGIN
