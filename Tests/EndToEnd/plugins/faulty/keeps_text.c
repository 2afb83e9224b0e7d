/* rule: borrowing */
#define INSTANCE smg_bytes kept;
#define CHECK check
#include "guardrail.h"
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  instance *me = self;
  if (request->segment_count && !me->kept.len) me->kept = request->segments[0].text;
  answer(host, call, me->kept.len && me->kept.ptr[0] == 'x' ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
