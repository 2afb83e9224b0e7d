/* rule: create */
#define CREATE create
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)host, (void)config, (void)error, (void)self;
  *self = NULL;
  return SMG_OK;
}
PLUGIN
