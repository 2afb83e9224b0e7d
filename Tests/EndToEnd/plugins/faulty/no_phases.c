/* rule: tables */
#include "guardrail.h"
SPOILED(table.phases = 0)
