/* rule: leaks; status: warn */
#define CREATE create
#include "guardrail.h"
static char *volatile kept;
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  *self = made;
  kept = malloc(5000);
  if (kept) kept[0] = 1;
  return SMG_OK;
}
PLUGIN
