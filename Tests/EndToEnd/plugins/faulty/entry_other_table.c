/* rule: entry */
#include "guardrail.h"
TABLES
const smg_plugin *smg_plugin_entry_v0(uint32_t minor) {
  smg_plugin *each = malloc(sizeof *each);
  (void)minor;
  if (each) *each = plugin;
  return each;
}
