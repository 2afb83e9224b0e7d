/* rule: tables */
#include "guardrail.h"
SPOILED(provider.flags = 1u << 20)
