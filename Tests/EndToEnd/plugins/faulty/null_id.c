/* rule: tables */
#include "guardrail.h"
SPOILED(plugin.id = NULL)
