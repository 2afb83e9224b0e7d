/* rule: crash; check: services */
#define CHECK check
#include "guardrail.h"
typedef struct {
  const smg_host *host;
  smg_call call;
} question;
static void done(void *arg, const smg_http_response *response) {
  question asked = *(question *)arg;
  free(arg);
  if (response->status == SMG_OK) answer(asked.host, asked.call, response->body.ptr[0] == 'b' ? SMG_BLOCK : SMG_ALLOW);
  else answer(asked.host, asked.call, SMG_ALLOW);
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  const smg_host_http *http = host->get_interface(host->ctx, SMG_HOST_HTTP);
  smg_http_request ask = { .size = sizeof ask, .method = TEXT("GET"), .url = TEXT("http://example.com/"), .call = call };
  question *asked = malloc(sizeof *asked);
  (void)request;
  *asked = (question){ host, call };
  if (http && http->start(host->ctx, &ask, done, asked, NULL) == SMG_OK) return;
  free(asked);
  answer(host, call, SMG_ALLOW);
}
PLUGIN
