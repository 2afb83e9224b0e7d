#define _GNU_SOURCE /* memmem */
/* A guardrail that leaves the verdict to a service: it posts the message's texts, one a line, and blocks when the answer is "block". The service's
 * URL stands in the configuration, {"url": "..."}. */
#include <stdlib.h>
#include <string.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

typedef struct {
  const smg_host *host;
  const smg_host_http *http;
  smg_bytes url; /* a copy */
} instance;

typedef struct {
  const instance *it;
  smg_call call;
} question;

static void fail(const instance *it, smg_call call, smg_status status, smg_bytes message) {
  smg_outcome out = { .size = sizeof out, .status = status, .message = message };
  it->host->complete(it->host->ctx, call, &out);
}

static void answered(void *arg, const smg_http_response *response) {
  question *asked = arg;
  if (response->status != SMG_OK) {
    fail(asked->it, asked->call, response->status, response->message);
  } else if (response->code != 200) {
    fail(asked->it, asked->call, SMG_E_UNAVAILABLE, (smg_bytes)TEXT("the service did not answer with 200"));
  } else {
    smg_violation found = { .category = TEXT("service"), .code = TEXT("word"), .message = TEXT("The service says no."),
                            .score = 1, .segment = SMG_NO_SEGMENT };
    int blocks = response->body.len == 5 && memcmp(response->body.ptr, "block", 5) == 0;
    smg_verdict verdict = { .size = sizeof verdict, .action = blocks ? SMG_BLOCK : SMG_ALLOW, .violations = &found,
                            .violation_count = (size_t)blocks };
    smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = &verdict, .value_size = sizeof verdict };
    asked->it->host->complete(asked->it->host->ctx, asked->call, &out);
  }
  free(asked);
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  const instance *it = self;
  size_t length = 0;
  for (size_t i = 0; i < request->segment_count; i++) length += request->segments[i].text.len + 1;
  uint8_t *texts = malloc(length + 1);
  size_t used = 0;
  for (size_t i = 0; i < request->segment_count; i++) {
    smg_bytes text = request->segments[i].text;
    if (text.len) memcpy(texts + used, text.ptr, text.len);
    used += text.len;
    texts[used++] = '\n';
  }
  smg_kv type = { TEXT("Content-Type"), TEXT("text/plain; charset=utf-8") };
  smg_http_request ask = { .size = sizeof ask, .method = TEXT("POST"), .url = it->url, .body = { texts, used }, .headers = { &type, 1 },
                           .call = call };
  question *asked = malloc(sizeof *asked);
  *asked = (question){ it, call };
  smg_status status = it->http->start(it->host->ctx, &ask, answered, asked, NULL);
  free(texts);
  if (status == SMG_OK) return;
  free(asked);
  fail(it, call, status, (smg_bytes)TEXT("the request was not accepted"));
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  static const char name[] = "\"url\":\"";
  const smg_host_http *http = host->get_interface(host->ctx, SMG_HOST_HTTP);
  const uint8_t *start = config.len ? memmem(config.ptr, config.len, name, sizeof name - 1) : NULL;
  const uint8_t *end = start ? memchr(start + sizeof name - 1, '"', config.len - (size_t)(start - config.ptr) - (sizeof name - 1)) : NULL;
  if (!http || !end) {
    error.write(error.ctx, (smg_bytes)TEXT("\"url\" is missing, or the host has no HTTP"));
    return SMG_E_INVALID;
  }
  instance *it = malloc(sizeof *it);
  start += sizeof name - 1;
  uint8_t *url = malloc((size_t)(end - start) + 1);
  memcpy(url, start, (size_t)(end - start));
  *it = (instance){ host, http, { url, (size_t)(end - start) } };
  *self = it;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  fail(self, call, SMG_OK, (smg_bytes){ 0 });
}

static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) {
  instance *it = self;
  free((void *)it->url.ptr);
  free(it);
}

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_provider provider = { .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .name = "asking",
                                       .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT("{\"type\":\"object\"}"), .create = create,
                                       .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = { .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
                                   .id = "test.asking", .version = "1.0.0", .vendor = "Tests", .license = "CC0-1.0", .providers = providers };

const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) { return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL; }
