/* rule: completion */
#define INSTANCE pthread_t thread;
#define CHECK check
#include "guardrail.h"
typedef struct {
  const smg_host *host;
  smg_call call;
} later;
static void *complete_again(void *arg) {
  later *again = arg;
  pause_ms(5);
  answer(again->host, again->call, SMG_ALLOW);
  free(again);
  return NULL;
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  later *again = malloc(sizeof *again);
  *again = (later){ host, call };
  pthread_create(&((instance *)self)->thread, NULL, complete_again, again);
  answer(host, call, SMG_ALLOW);
  pthread_join(((instance *)self)->thread, NULL);
}
PLUGIN
