/* rule: dependencies; flags: -Wl,-rpath,plugins */
#include "guardrail.h"
PLUGIN
