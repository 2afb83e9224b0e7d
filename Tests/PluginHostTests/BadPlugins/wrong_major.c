/* Speaks another major version only. */
#include "common.h"
GUARDRAIL_TABLES
SMG_EXPORT const smg_plugin *smg_plugin_entry_v7(uint32_t minor);
SMG_EXPORT const smg_plugin *smg_plugin_entry_v7(uint32_t minor) {
  (void)minor;
  return &plugin;
}
