/* rule: tables */
#include "guardrail.h"
SPOILED(plugin.size -= 8)
