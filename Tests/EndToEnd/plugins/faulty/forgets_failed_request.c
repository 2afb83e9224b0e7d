/* rule: completion; check: services */
#define CHECK check
#include "guardrail.h"
typedef struct {
  const smg_host *host;
  smg_call call;
} question;
static void done(void *arg, const smg_http_response *response) {
  (void)response;
  answer(((question *)arg)->host, ((question *)arg)->call, SMG_ALLOW);
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  const smg_host_http *http = host->get_interface(host->ctx, SMG_HOST_HTTP);
  smg_http_request ask = { .size = sizeof ask, .method = TEXT("GET"), .url = TEXT("http://example.com/"), .call = call };
  if (!http) answer(host, call, SMG_ALLOW);
  else http->fetch(host->ctx, &ask, done, &(question){ host, call });
}
PLUGIN
