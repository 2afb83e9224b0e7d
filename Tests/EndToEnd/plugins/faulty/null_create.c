/* rule: tables */
#include "guardrail.h"
SPOILED(provider.create = NULL)
