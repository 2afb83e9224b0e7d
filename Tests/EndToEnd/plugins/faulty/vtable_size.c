/* rule: tables */
#include "guardrail.h"
SPOILED(table.size = 12)
