/* rule: abi-version */
#include "guardrail.h"
TABLES
const smg_plugin *smg_plugin_entry_v0(uint32_t minor) { return minor == 99 ? &plugin : NULL; }
