/* rule: tables */
#include "guardrail.h"
SPOILED(plugin.provider_count = 0)
