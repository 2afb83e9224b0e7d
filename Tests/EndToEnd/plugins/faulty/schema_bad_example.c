/* rule: config-schema */
#define SCHEMA "{\"type\":\"object\",\"required\":[\"a\"],\"examples\":[{\"b\":1}]}"
#include "guardrail.h"
PLUGIN
