/* rule: executable-stack; flags: -Wl,-z,execstack */
#include "guardrail.h"
PLUGIN
