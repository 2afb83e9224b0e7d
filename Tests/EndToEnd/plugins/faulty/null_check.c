/* rule: tables */
#include "guardrail.h"
SPOILED(table.check = NULL)
