/* rule: entry */
#include "guardrail.h"
static void *wait(void *arg) {
  for (;;) pause_ms(1000);
  return arg;
}
TABLES
const smg_plugin *smg_plugin_entry_v0(uint32_t minor) {
  static pthread_t thread;
  (void)minor;
  if (!thread) pthread_create(&thread, NULL, wait, NULL);
  return &plugin;
}
