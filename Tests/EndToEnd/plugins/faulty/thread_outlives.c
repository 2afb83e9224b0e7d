/* rule: after-destroy */
#define CREATE create
#include "guardrail.h"
static void *chatter(void *arg) {
  const smg_host *host = arg;
  for (int i = 0; i < 100; i++) {
    pause_ms(5);
    host->log(host->ctx, SMG_LOG_DEBUG, text("still here"), (smg_kvs){ 0 });
  }
  return NULL;
}
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  pthread_t thread;
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  if (!pthread_create(&thread, NULL, chatter, (void *)host)) pthread_detach(thread);
  *self = made;
  return SMG_OK;
}
PLUGIN
