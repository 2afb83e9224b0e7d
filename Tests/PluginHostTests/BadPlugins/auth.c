/* An auth provider on the host's directory. */
#define FLAGS SMG_PF_INLINE
#define NAME "test_auth"
#include "common.h"

typedef struct { const smg_host *host; smg_call call; int found; } search;

static void found(void *arg, const smg_key_record *record) {
  search *s = arg;
  s->found = 1;
  if (record->flags & SMG_KEY_DISABLED) {
    smg_refusal refusal = {.size = sizeof refusal, .code = text("AUTH_009"), .www_authenticate = text("Bearer error=\"invalid_token\"")};
    smg_outcome out = {.size = sizeof out, .status = SMG_E_FORBIDDEN, .message = text("disabled"), .value = &refusal, .value_size = sizeof refusal};
    s->host->complete(s->host->ctx, s->call, &out);
    return;
  }
  static const smg_bytes vary[] = {{(const uint8_t *)"apikey", 6}};
  smg_identity who = {.size = sizeof who, .subject = record->key_id, .project_id = record->project_id, .user_id = record->user_id,
                      .config_id = record->config_id, .role = record->role, .claims_json = text("{\"a\":1}"), .ttl_ns = 5, .vary = vary, .vary_count = 1};
  smg_outcome out = {.size = sizeof out, .status = SMG_OK, .value = &who, .value_size = sizeof who};
  s->host->complete(s->host->ctx, s->call, &out);
}

static void authenticate(void *self, smg_call call, const smg_auth_request *r) {
  const smg_host *host = ((instance *)self)->host;
  const smg_host_directory *directory = host->get_interface(host->ctx, SMG_HOST_DIRECTORY);
  search s = {host, call, 0};
  smg_bytes key = {0};
  for (size_t i = 0; i < r->headers.len; i++)
    if (contains(r->headers.ptr[i].key, "apikey")) key = r->headers.ptr[i].value;
  if (contains(key, "empty-subject")) {
    smg_identity who = {.size = sizeof who};
    smg_outcome out = {.size = sizeof out, .status = SMG_OK, .value = &who, .value_size = sizeof who};
    host->complete(host->ctx, call, &out);
    return;
  }
  if (contains(key, "bad-challenge")) {
    smg_refusal refusal = {.size = sizeof refusal, .www_authenticate = text("Bearer\r\nset-cookie: x")};
    smg_outcome out = {.size = sizeof out, .status = SMG_E_UNAUTHENTICATED, .value = &refusal, .value_size = sizeof refusal};
    host->complete(host->ctx, call, &out);
    return;
  }
  smg_status status = directory->find_api_key(host->ctx, key, found, &s);
  if (status != SMG_OK) complete_status(host, call, SMG_E_UNAUTHENTICATED, s.found ? "found twice" : "no such key");
}

static const smg_auth table = {.size = sizeof(smg_auth), .authenticate = authenticate};
PROVIDER(SMG_KIND_AUTH, SMG_IF_AUTH, table)
ENTRY
