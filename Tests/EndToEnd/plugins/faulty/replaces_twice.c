/* rule: well-formed */
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  smg_replacement both[2] = { { .segment = 0, .text = TEXT("x") }, { .segment = 0, .text = TEXT("y") } };
  if (request->segment_count) verdict.action = SMG_TRANSFORM, verdict.replacements = both, verdict.replacement_count = 2;
  finish(host, call, &verdict);
}
PLUGIN
