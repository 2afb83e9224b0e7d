/* rule: config-schema */
#define SCHEMA "{\"type\":\"colour\"}"
#include "guardrail.h"
PLUGIN
