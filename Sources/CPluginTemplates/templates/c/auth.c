/* {{name}}: auth that knows one caller, by a bearer token of the configuration. */
#include <stdlib.h>

#include "plugin.h"

/* One use of the provider: copies of what the configuration lends. */
typedef struct {
  const smg_host *host;
  smg_bytes token, config_id;
  uint8_t store[]; /* of both */
} instance;

/* Takes the same time whatever the difference is, so that a token cannot be guessed byte by byte. */
static int equal(smg_bytes a, smg_bytes b) {
  unsigned difference = a.len != b.len;
  for (size_t i = 0; i < a.len && i < b.len; i++) difference |= (unsigned)(a.ptr[i] ^ b.ptr[i]);
  return difference == 0;
}

/* What follows "Bearer " in the one authorization header; empty when there is none, or more than one. */
static smg_bytes presented(smg_kvs headers) {
  static const char scheme[] = "Bearer ";
  smg_bytes found = { NULL, 0 };
  int count = 0;
  for (size_t i = 0; i < headers.len; i++) {
    smg_bytes key = headers.ptr[i].key, value = headers.ptr[i].value;
    if (key.len != 13 || memcmp(key.ptr, "authorization", 13) != 0) continue;
    count++;
    if (value.len <= sizeof scheme - 1 || memcmp(value.ptr, scheme, sizeof scheme - 1) != 0) continue;
    found.ptr = value.ptr + sizeof scheme - 1;
    found.len = value.len - (sizeof scheme - 1);
  }
  if (count != 1) found.len = 0;
  return found;
}

/* A refusal is an answer, not a failure: the caller gets 401. */
static void refuse(const smg_host *host, smg_call call) {
  smg_refusal refusal = { .size = sizeof refusal, .code = TEXT("AUTH_001") };
  smg_outcome out = { .size = sizeof out, .status = SMG_E_UNAUTHENTICATED, .value = &refusal, .value_size = sizeof refusal };
  host->complete(host->ctx, call, &out);
}

/* Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns. */
static void authenticate(void *self, smg_call call, const smg_auth_request *request) {
  const instance *me = self;
  smg_bytes token = presented(request->headers);
  if (token.len == 0 || !equal(token, me->token)) {
    refuse(me->host, call);
    return;
  }
  static const smg_bytes vary[] = { TEXT("authorization") };
  smg_identity who = { .size = sizeof who, .subject = TEXT("{{name}}"), .config_id = me->config_id, .ttl_ns = 60000000000u,
                       .vary = vary, .vary_count = 1 };
  finish(me->host, call, &who, sizeof who);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  smg_bytes token = member(config, "token"), config_id = member(config, "config_id");
  if (token.len < 16 || config_id.len == 0) {
    error.write(error.ctx, text("token and config_id: both are needed, and a token has at least 16 characters"));
    return SMG_E_INVALID;
  }
  instance *me = calloc(1, sizeof *me + token.len + config_id.len);
  if (!me) return SMG_E_UNAVAILABLE;
  me->host = host;
  memcpy(me->store, token.ptr, token.len);
  memcpy(me->store + token.len, config_id.ptr, config_id.len);
  me->token = (smg_bytes){ me->store, token.len };
  me->config_id = (smg_bytes){ me->store + token.len, config_id.len };
  *self = me;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  finish(((instance *)self)->host, call, NULL, 0);
}

/* Here threads of the plugin's own would be ended and joined. There are none. */
static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) { free(self); }

/* A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example. */
static const char schema[] =
  "{\"type\":\"object\",\"required\":[\"token\",\"config_id\"],\"properties\":{"
  "\"token\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._~-]{16,256}$\"},"
  "\"config_id\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._~-]{1,128}$\"}},"
  "\"additionalProperties\":false,\"examples\":[{\"token\":\"an-example-token\",\"config_id\":\"config-1\"}]}";

static const smg_auth auth = { .size = sizeof auth, .authenticate = authenticate };
static const smg_provider provider = {
  .size = sizeof provider, .kind = SMG_KIND_AUTH, .flags = SMG_PF_INLINE, .name = "{{name}}", .interface_id = SMG_IF_AUTH,
  .config_schema = TEXT(schema), .create = create, .health = health, .stop = stop, .destroy = destroy, .vtable = &auth };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = {
  .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1, .id = "{{id}}",
  .version = "0.1.0", .vendor = "Example", .license = "CC0-1.0", .providers = providers };

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL;
}
