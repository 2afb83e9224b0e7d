/* rule: nodelete; flags: -Wl,-z,lazy; status: warn */
#include "guardrail.h"
PLUGIN
