/* rule: tables */
#include "guardrail.h"
SPOILED(providers[0] = NULL)
