/* rule: load */
#define CHECK check
#include "guardrail.h"
int nowhere_to_be_found(size_t count);
static void check(void *self, smg_call call, const smg_guard_request *request) {
  answer(((instance *)self)->host, call, nowhere_to_be_found(request->segment_count) ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
