/* rule: tables */
#include "guardrail.h"
SPOILED(provider.name = "two words")
