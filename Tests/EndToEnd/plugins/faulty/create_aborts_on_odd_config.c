/* rule: crash; check: refused-config */
#define CREATE create
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)host, (void)config, (void)error, (void)self;
  instance *made = calloc(1, sizeof *made);
  if (config.len < 2 || config.ptr[0] != '{') abort();
  made->host = host;
  *self = made;
  return SMG_OK;
}
PLUGIN
