/* rule: stop */
#define STOP stop
#include "guardrail.h"
static smg_status stop(void *self, uint64_t deadline) {
  (void)self, (void)deadline;
  return SMG_E_UNAVAILABLE;
}
PLUGIN
