/* rule: tables */
#include "guardrail.h"
SPOILED(provider.health = NULL)
