/* rule: tables */
#include "guardrail.h"
SPOILED(provider.size += 8)
