/* Tests of {{name}}: make test. */
#include "fake_host.h"

static uint32_t judge(void *self, const char *message) {
  smg_context context = { 0 };
  smg_segment segment = { { NULL, 0 }, bytes(message), { NULL, 0 }, 0, 0 };
  smg_guard_request request = { 0 };
  context.size = sizeof context;
  request.size = sizeof request;
  request.phase = SMG_PHASE_INPUT;
  request.context = &context;
  request.segments = &segment;
  request.segment_count = 1;
  completions = 0;
  ((const smg_guardrail *)the_provider()->vtable)->check(self, 1, &request);
  EXPECT(completions == 1 && last_status == SMG_OK);
  return last_action;
}

int main(void) {
  void *self = make("{\"max_bytes\": 5}");
  EXPECT(self != NULL);
  EXPECT(judge(self, "hello") == SMG_ALLOW);
  EXPECT(judge(self, "hello!") == SMG_BLOCK);
  end(self);
  self = make("{}");
  EXPECT(self != NULL && judge(self, "hello!") == SMG_ALLOW);
  end(self);
  EXPECT(make("{\"max_bytes\":12345678901234567890}") == NULL);
  puts("all tests passed");
  return 0;
}
