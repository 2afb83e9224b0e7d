/* rule: completion; check: health */
#define HEALTH health
#include "guardrail.h"
static void health(void *self, smg_call call, const smg_context *context) { (void)self, (void)call, (void)context; }
PLUGIN
