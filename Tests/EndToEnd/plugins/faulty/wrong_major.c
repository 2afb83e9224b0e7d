/* rule: abi-version; check: entry-symbol */
#include "guardrail.h"
TABLES
SMG_EXPORT const smg_plugin *smg_plugin_entry_v7(uint32_t minor) { return minor ? &plugin : NULL; }
