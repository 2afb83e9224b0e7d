/* rule: leaks */
#define CREATE create
#include "guardrail.h"
static void *sleep_on(void *arg) {
  for (;;) pause_ms(1000);
  return arg;
}
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  *self = made;
  pthread_t thread;
  if (!pthread_create(&thread, NULL, sleep_on, NULL)) pthread_detach(thread);
  return SMG_OK;
}
PLUGIN
