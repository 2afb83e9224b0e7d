/* rule: crash; check: load */
#include "guardrail.h"
__attribute__((constructor)) static void begin(void) { *(volatile int *)8 = 1; }
PLUGIN
