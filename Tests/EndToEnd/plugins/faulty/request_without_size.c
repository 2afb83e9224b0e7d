/* rule: host-calls */
#define CHECK check
#include "guardrail.h"
static void done(void *arg, const smg_http_response *response) { (void)arg, (void)response; }
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  const smg_host_http *http = host->get_interface(host->ctx, SMG_HOST_HTTP);
  smg_http_request ask = { .method = TEXT("GET"), .url = TEXT("http://example.com/") };
  if (http) http->start(host->ctx, &ask, done, NULL, NULL);
  answer(host, call, SMG_ALLOW);
}
PLUGIN
