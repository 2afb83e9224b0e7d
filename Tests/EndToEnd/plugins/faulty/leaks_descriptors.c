/* rule: leaks */
#define CREATE create
#include <fcntl.h>
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  *self = made;
  if (open("/dev/null", O_RDONLY) < 0) return SMG_E_UNAVAILABLE;
  return SMG_OK;
}
PLUGIN
