/* rule: exports */
#include "guardrail.h"
SMG_EXPORT int helper(int value) { return value + 1; }
PLUGIN
