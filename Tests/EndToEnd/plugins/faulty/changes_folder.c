/* rule: process */
#define CREATE create
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  *self = made;
  if (chdir("/") != 0) return SMG_E_UNAVAILABLE;
  return SMG_OK;
}
PLUGIN
