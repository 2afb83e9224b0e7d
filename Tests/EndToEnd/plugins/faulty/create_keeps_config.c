/* rule: borrowing */
#define CREATE create
#define CHECK check
#define INSTANCE smg_bytes config;
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)error;
  made->host = host, made->config = config;
  *self = made;
  return SMG_OK;
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const instance *me = self;
  (void)request;
  answer(me->host, call, me->config.ptr[0] == 'x' ? SMG_BLOCK : SMG_ALLOW);
}
PLUGIN
