/* rule: own-host */
#define CREATE create
#define DESTROY destroy
#include "guardrail.h"
static instance only;
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config, (void)error;
  only.host = host;
  *self = &only;
  return SMG_OK;
}
static void destroy(void *self) { (void)self; }
PLUGIN
