/* Replaces the first text by itself, and keeps as many bytes of state as it has, below a million. */
#define CHECK check
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
#include "common.h"

static void check(void *self, smg_call call, const smg_guard_request *r) {
  smg_replacement same = {.segment = 0, .text = r->segments[0].text};
  smg_verdict v = {.size = sizeof v, .action = SMG_TRANSFORM, .replacements = &same, .replacement_count = 1,
                   .call_state = {r->segments[0].text.ptr, r->segments[0].text.len % 1000000}};
  complete_verdict(((instance *)self)->host, call, &v);
}
GUARDRAIL
