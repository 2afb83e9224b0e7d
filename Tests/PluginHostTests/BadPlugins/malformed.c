/* Answers with what breaks the ABI, as the first segment's text says. */
#define CHECK check
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
#include "common.h"

static void check(void *self, smg_call call, const smg_guard_request *r) {
  const smg_host *host = ((instance *)self)->host;
  smg_bytes t = r->segments[0].text;
  smg_violation violation = {.score = 0.5, .segment = SMG_NO_SEGMENT};
  smg_replacement replacements[2] = {{.text = text("x")}, {.text = text("y")}};
  smg_verdict v = {.size = sizeof v, .action = SMG_ALLOW};
  smg_outcome out = {.size = sizeof out, .status = SMG_OK, .value = &v, .value_size = sizeof v};
  const smg_outcome *pointer = &out;
  static const uint8_t bad[] = {0x66, 0xC3, 0x28};
  if (contains(t, "null outcome")) pointer = NULL;
  if (contains(t, "null value")) out.value = NULL, out.value_size = 0;
  if (contains(t, "outcome size")) out.size = 4;
  if (contains(t, "value size")) out.value_size = 8;
  if (contains(t, "verdict size")) v.size = 8;
  if (contains(t, "misaligned")) pointer = (const smg_outcome *)((const char *)&out + 1);
  if (contains(t, "action")) v.action = 77;
  if (contains(t, "status")) out.status = 4711;
  if (contains(t, "no replacements")) v.action = SMG_TRANSFORM;
  if (contains(t, "replacements without transform")) v.replacements = replacements, v.replacement_count = 1;
  if (contains(t, "replacement index")) v.action = SMG_TRANSFORM, replacements[0].segment = 9, v.replacements = replacements, v.replacement_count = 1;
  if (contains(t, "replaced twice")) v.action = SMG_TRANSFORM, v.replacements = replacements, v.replacement_count = 2;
  if (contains(t, "replaced key")) v.action = SMG_TRANSFORM, replacements[0].segment = 1, v.replacements = replacements, v.replacement_count = 1;
  if (contains(t, "replacement text")) v.action = SMG_TRANSFORM, replacements[0].text = (smg_bytes){bad, sizeof bad}, v.replacements = replacements, v.replacement_count = 1;
  if (contains(t, "replacement count")) v.action = SMG_TRANSFORM, v.replacements = replacements, v.replacement_count = SIZE_MAX;
  if (contains(t, "violation count")) v.violations = &violation, v.violation_count = SIZE_MAX / 2;
  if (contains(t, "violation null")) v.violation_count = 3;
  if (contains(t, "violation segment")) violation.segment = 2, v.violations = &violation, v.violation_count = 1;
  if (contains(t, "violation offsets")) violation.segment = 0, violation.end = UINT64_MAX, v.violations = &violation, v.violation_count = 1;
  if (contains(t, "violation order")) violation.segment = 0, violation.start = 2, violation.end = 1, v.violations = &violation, v.violation_count = 1;
  if (contains(t, "violation score")) violation.score = 0.0 / 0.0, v.violations = &violation, v.violation_count = 1;
  if (contains(t, "violation text")) violation.message = (smg_bytes){bad, sizeof bad}, v.violations = &violation, v.violation_count = 1;
  if (contains(t, "evidence")) violation.evidence_json = text("{broken"), v.violations = &violation, v.violation_count = 1;
  if (contains(t, "metadata")) v.metadata_json = text("[1,");
  if (contains(t, "state size")) v.call_state = (smg_bytes){bad, SMG_STATE_MAX + 1};
  if (contains(t, "null text")) v.session_state = (smg_bytes){NULL, 12};
  note(host, host->complete(host->ctx, call, pointer) == SMG_E_INVALID ? "invalid" : "accepted");
}
GUARDRAIL
