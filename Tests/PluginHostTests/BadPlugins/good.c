/* A well-behaved guardrail: blocks when a text contains "forbidden", rewrites "secret" to "***", allows the rest. Inline-safe, keeps state. */
#define CHECK check
#define FLAGS SMG_PF_INLINE
#ifndef SCHEMA
#define SCHEMA "{\"type\":\"object\",\"properties\":{\"limit\":{\"type\":\"integer\",\"minimum\":1}},\"additionalProperties\":false}"
#endif
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
#include "common.h"

static void check(void *self, smg_call call, const smg_guard_request *r) {
  const smg_host *host = ((instance *)self)->host;
  for (size_t i = 0; i < r->segment_count; i++) {
    if (contains(r->segments[i].text, "forbidden")) {
      smg_violation v = {.category = text("word"), .code = text("W1"), .message = text("forbidden word"), .evidence_json = text("{\"word\":\"forbidden\"}"),
                         .score = 1, .segment = (uint32_t)i, .end = r->segments[i].text.len};
      smg_verdict out = {.size = sizeof out, .action = SMG_BLOCK, .violations = &v, .violation_count = 1};
      complete_verdict(host, call, &out);
      return;
    }
    if (contains(r->segments[i].text, "secret")) {
      smg_replacement p = {.segment = (uint32_t)i, .text = text("***")};
      smg_verdict out = {.size = sizeof out, .action = SMG_TRANSFORM, .replacements = &p, .replacement_count = 1, .call_state = text("call"),
                         .session_state = text("session"), .metadata_json = text("{\"n\":1}")};
      complete_verdict(host, call, &out);
      return;
    }
  }
  complete_action(host, call, SMG_ALLOW);
}
GUARDRAIL
