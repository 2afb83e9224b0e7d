/* rule: returns; check: load */
#include "guardrail.h"
__attribute__((constructor)) static void begin(void) { for (;;) pause_ms(1000); }
PLUGIN
