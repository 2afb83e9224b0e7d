/* rule: config-schema */
#define SCHEMA "{\"type\":\"object\",\"title\":\"\xC3(\"}"
#include "guardrail.h"
PLUGIN
