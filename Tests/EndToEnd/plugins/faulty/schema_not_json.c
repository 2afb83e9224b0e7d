/* rule: config-schema */
#define SCHEMA "{\"type\":"
#include "guardrail.h"
PLUGIN
