/* rule: abi-version */
#define MINOR 99u
#include "guardrail.h"
SPOILED()
