/* rule: returns; check: stop */
#define STOP stop
#include "guardrail.h"
static smg_status stop(void *self, uint64_t deadline) {
  (void)self, (void)deadline;
  for (;;) pause_ms(1000);
  return SMG_OK;
}
PLUGIN
