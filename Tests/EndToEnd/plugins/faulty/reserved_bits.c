/* rule: tables */
#include "guardrail.h"
SPOILED(table.reserved = 1)
