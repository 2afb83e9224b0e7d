/* rule: crash; check: tables */
#include "guardrail.h"
SPOILED(plugin.providers = (const smg_provider *const *)0x1000)
