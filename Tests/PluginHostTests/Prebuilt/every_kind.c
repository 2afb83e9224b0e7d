/* A guardrail, an auth and a telemetry provider that use most of plugin ABI 0.1. Built once for each minor and kept as a file: what it was built against
 * stays what it was, whatever becomes of the header. See README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "smg_plugin.h"

typedef struct instance {
  const smg_host *host;
  const smg_host_metrics *metrics;
  const smg_host_timer *timer;
} instance;

static smg_bytes text(const char *s) { return (smg_bytes){(const uint8_t *)s, strlen(s)}; }

static int is(smg_bytes bytes, const char *word) { return bytes.len == strlen(word) && memcmp(bytes.ptr, word, bytes.len) == 0; }

static void note(instance *me, const char *name, double value, smg_bytes label) {
  smg_kv kv = {text("label"), label};
  me->metrics->record(me->host->ctx, SMG_METRIC_COUNTER, text(name), text("1"), value, (smg_kvs){&kv, 1});
}

static smg_status finish(instance *me, smg_call call, smg_status status, const char *message, const void *value, size_t size) {
  smg_outcome out = {.size = sizeof out, .status = status, .message = text(message), .value = value, .value_size = (uint32_t)size};
  return me->host->complete(me->host->ctx, call, &out);
}

/* ---- Every kind */

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  if (is(config, "{\"refuse\":true}")) {
    error.write(error.ctx, text("refused as configured"));
    return SMG_E_INVALID;
  }
  instance *me = calloc(1, sizeof *me);
  if (me == NULL) return SMG_E_UNAVAILABLE;
  me->host = host;
  me->metrics = host->get_interface(host->ctx, SMG_HOST_METRICS);
  me->timer = host->get_interface(host->ctx, SMG_HOST_TIMER);
  if (host->abi_minor != SMG_ABI_MINOR || me->metrics == NULL || me->timer == NULL) return SMG_E_UNSUPPORTED;
  *self = me;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  instance *me = self;
  finish(me, call, context->size == sizeof *context ? SMG_OK : SMG_E_INTERNAL, "the context has another size", NULL, 0);
}

static smg_status stop(void *self, uint64_t deadline) {
  note(self, "stopped", deadline > 0, text(""));
  return SMG_OK;
}

static void destroy(void *self) { free(self); }

/* ---- Guardrail: blocks "evil", rewrites "plain", answers "later" by a timer, and tells what it was asked about anything else. */

typedef struct later {
  instance *me;
  smg_call call;
} later;

static void fire(void *arg, smg_status why) {
  later *l = arg;
  smg_verdict verdict = {.size = sizeof verdict, .action = SMG_ALLOW, .metadata_json = text("{\"when\":\"later\"}")};
  finish(l->me, l->call, why, "", &verdict, sizeof verdict);
  free(l);
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  instance *me = self;
  const smg_segment *first = &r->segments[0];
  smg_verdict verdict = {.size = sizeof verdict, .action = SMG_ALLOW};
  smg_violation violation = {.category = text("word"), .code = text("W1"), .message = text("an evil word"), .evidence_json = text("{\"word\":\"evil\"}"),
                             .score = 0.75, .segment = (uint32_t)(r->segment_count - 1), .start = 1, .end = 3};
  smg_replacement replacement = {.segment = 0, .text = text("better")};
  char line[256];
  if (is(first->text, "later")) {
    later *l = malloc(sizeof *l);
    if (l == NULL) return (void)finish(me, call, SMG_E_UNAVAILABLE, "no memory", NULL, 0);
    *l = (later){me, call};
    uint64_t id = 0;
    smg_status status = me->timer->after(me->host->ctx, 1000000, fire, l, &id);
    if (status == SMG_OK) return;
    free(l);
    return (void)finish(me, call, status, "no timer", NULL, 0);
  }
  if (is(first->text, "evil")) {
    verdict = (smg_verdict){.size = sizeof verdict, .action = SMG_BLOCK, .violations = &violation, .violation_count = 1};
  } else if (is(first->text, "plain")) {
    verdict = (smg_verdict){.size = sizeof verdict, .action = SMG_TRANSFORM, .replacements = &replacement, .replacement_count = 1,
                            .call_state = text("of the call"), .session_state = text("of the session")};
  } else {
    snprintf(line, sizeof line, "{\"asked\":\"%u %.*s %.*s %.*s %zu %.*s %d\"}", r->phase, (int)r->surface.len, (const char *)r->surface.ptr,
             (int)r->server.len, (const char *)r->server.ptr, (int)r->item.len, (const char *)r->item.ptr, r->segment_count, (int)first->path.len,
             (const char *)first->path.ptr, r->context->deadline_ns > 0);
    verdict.metadata_json = text(line);
  }
  finish(me, call, SMG_OK, "", &verdict, sizeof verdict);
}

static void cancel(void *self, smg_call call) { note(self, "cancelled", call != 0, text("")); }

/* ---- Auth: knows the keys of the host's directory, and brings a configuration. */

typedef struct search {
  instance *me;
  smg_call call;
} search;

static void found(void *arg, const smg_key_record *key) {
  search *s = arg;
  static const smg_bytes vary[] = {{(const uint8_t *)"authorization", 13}};
  smg_identity who = {.size = sizeof who, .subject = key->key_id, .project_id = key->project_id, .user_id = key->user_id, .config_id = key->config_id,
                      .role = key->role, .claims_json = text("{\"by\":\"key\"}"), .ttl_ns = 7, .vary = vary, .vary_count = 1};
  finish(s->me, s->call, SMG_OK, "", &who, sizeof who);
}

static void authenticate(void *self, smg_call call, const smg_auth_request *r) {
  instance *me = self;
  const smg_host_directory *directory = me->host->get_interface(me->host->ctx, SMG_HOST_DIRECTORY);
  search s = {me, call};
  smg_bytes key = {0};
  for (size_t i = 0; i < r->headers.len; i++)
    if (is(r->headers.ptr[i].key, "authorization")) key = r->headers.ptr[i].value;
  if (directory->find_api_key(me->host->ctx, key, found, &s) == SMG_OK) return;
  smg_refusal refusal = {.size = sizeof refusal, .code = text("AUTH_001"), .www_authenticate = text("Bearer realm=\"x\"")};
  finish(me, call, SMG_E_UNAUTHENTICATED, "nobody", &refusal, sizeof refusal);
}

static void fetch_config(void *self, smg_call call, const smg_context *context, const smg_identity *who, smg_bytes etag) {
  char json[128];
  snprintf(json, sizeof json, "{\"of\":\"%.*s\"}", (int)who->subject.len, (const char *)who->subject.ptr);
  smg_document document = {.size = sizeof document, .json = text(json), .etag = text("1"), .ttl_ns = 9};
  (void)context;
  if (is(etag, "1")) document = (smg_document){.size = sizeof document, .flags = SMG_DOC_UNCHANGED, .etag = text("1")};
  finish(self, call, SMG_OK, "", &document, sizeof document);
}

/* ---- Telemetry: tells what it gets. */

static void emit(void *self, smg_kvs resource, const smg_record *const *records, size_t count) {
  char line[256];
  for (size_t i = 0; i < count; i++) {
    const smg_record *r = records[i];
    snprintf(line, sizeof line, "%u %.*s %zu %zu", r->kind, (int)r->name.len, (const char *)r->name.ptr, r->attr_count, resource.len);
    note(self, "record", (double)r->time_unix_ns, text(line));
  }
}

static void export_metrics(void *self, smg_kvs resource, const smg_snapshot *snapshot) {
  char line[256];
  for (size_t i = 0; i < snapshot->metric_count; i++) {
    const smg_metric *m = &snapshot->metrics[i];
    snprintf(line, sizeof line, "%u %.*s %zu", m->kind, (int)m->name.len, (const char *)m->name.ptr, resource.len);
    note(self, "metric", m->points[0].value, text(line));
  }
}

static void flush(void *self, smg_call call, const smg_context *context) {
  (void)context;
  finish(self, call, SMG_OK, "", NULL, 0);
}

/* ---- Tables */

#define SCHEMA "{\"type\":\"object\",\"properties\":{\"refuse\":{\"type\":\"boolean\"}},\"additionalProperties\":false}"
#define PROVIDER(KIND, INTERFACE, TABLE)                                                                                                  \
  {.size = sizeof(smg_provider), .kind = KIND, .name = "prebuilt", .interface_id = INTERFACE,                                             \
   .config_schema = {(const uint8_t *)SCHEMA, sizeof SCHEMA - 1}, .create = create, .health = health, .stop = stop, .destroy = destroy,    \
   .vtable = TABLE}

static const smg_guardrail guardrail = {.size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check, .cancel = cancel};
static const smg_auth auth = {.size = sizeof auth, .authenticate = authenticate, .fetch_config = fetch_config, .cancel = cancel};
static const smg_telemetry telemetry = {.size = sizeof telemetry, .kinds = SMG_REC_LOG | SMG_REC_SPAN, .emit = emit, .export_metrics = export_metrics,
                                        .flush = flush};
static const smg_provider all[] = {PROVIDER(SMG_KIND_GUARDRAIL, SMG_IF_GUARDRAIL, &guardrail), PROVIDER(SMG_KIND_AUTH, SMG_IF_AUTH, &auth),
                                   PROVIDER(SMG_KIND_TELEMETRY, SMG_IF_TELEMETRY, &telemetry)};
static const smg_provider *const providers[] = {&all[0], &all[1], &all[2]};
static const smg_plugin plugin = {.size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 3,
                                  .id = "dev.example.prebuilt", .version = "1.0.0", .vendor = "Tests", .license = "MIT", .providers = providers};

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t minor) { return minor == SMG_ABI_MINOR ? &plugin : NULL; }
