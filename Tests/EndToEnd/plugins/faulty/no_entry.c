/* rule: entry-symbol */
#include "guardrail.h"
TABLES
SMG_EXPORT const smg_plugin *smg_entry(void) { return &plugin; }
