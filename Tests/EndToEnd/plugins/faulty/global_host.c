/* rule: own-host */
#define CREATE create
#define CHECK check
#include "guardrail.h"
static const smg_host *the_host;
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config, (void)error;
  the_host = host;
  instance *made = calloc(1, sizeof *made);
  made->host = host;
  *self = made;
  return SMG_OK;
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  (void)self, (void)request;
  answer(the_host, call, SMG_ALLOW);
}
PLUGIN
