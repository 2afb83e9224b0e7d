/* rule: process; check: load */
#include "guardrail.h"
__attribute__((constructor)) static void begin(void) { _exit(7); }
PLUGIN
