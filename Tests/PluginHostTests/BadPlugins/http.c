/* A guardrail that asks a service over HTTP, and what else can be done with smg.host.http/0, as the first segment's text says. The configuration:
 * {"url": "http://...", "deadline_ms": 0, "max": 0, "profile": ""}, without white space. */
#define CREATE create
#define CHECK check
#define STOP stop
#define DESTROY destroy
#ifndef FLAGS
#define FLAGS 0
#endif
#include "smg_plugin.h"
static smg_status create(const smg_host *, smg_bytes, smg_sink, void **);
static void check(void *, smg_call, const smg_guard_request *);
static smg_status stop(void *, uint64_t);
static void destroy(void *);
#include "common.h"

/* A thread that outlives its instance. */
typedef struct {
  const smg_host *host;
  const smg_host_http *http;
  char url[256];
  uint64_t id;
  _Atomic int gone;
} ghost;

typedef struct {
  const smg_host *host;
  const smg_host_http *http;
  char url[256], profile[64];
  uint64_t deadline_ms, max;
  _Atomic int alive, inside;
  ghost *ghost;
} asker;

/* One request and what waits for it. */
typedef struct {
  asker *asker;
  smg_call call;
  int completes;
} job;

static void field(smg_bytes json, const char *name, char *out, size_t size) {
  char key[64];
  int n = snprintf(key, sizeof key, "\"%s\":\"", name);
  out[0] = 0;
  for (size_t i = 0; i + (size_t)n <= json.len; i++) {
    if (memcmp(json.ptr + i, key, (size_t)n) != 0) continue;
    size_t o = 0;
    for (i += (size_t)n; i < json.len && json.ptr[i] != '"' && o + 1 < size; i++) out[o++] = (char)json.ptr[i];
    out[o] = 0;
    return;
  }
}

static uint64_t number(smg_bytes json, const char *name) {
  char key[64];
  int n = snprintf(key, sizeof key, "\"%s\":", name);
  for (size_t i = 0; i + (size_t)n < json.len; i++)
    if (memcmp(json.ptr + i, key, (size_t)n) == 0) return strtoull((const char *)json.ptr + i + n, NULL, 10);
  return 0;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static smg_bytes header(smg_kvs headers, const char *name) {
  for (size_t i = 0; i < headers.len; i++)
    if (headers.ptr[i].key.len == strlen(name) && memcmp(headers.ptr[i].key.ptr, name, strlen(name)) == 0) return headers.ptr[i].value;
  return (smg_bytes){0};
}

static void done(void *arg, const smg_http_response *r) {
  job *j = arg;
  asker *a = j->asker;
  const smg_host *host = a->host;
  if (++a->inside > 1) note(host, "done-overlaps");
  note(host, a->alive ? "done-alive" : "done-dead");
  if (r->size != sizeof *r || r->flags != 0) note(host, "done-malformed");
  if (r->status == SMG_E_CANCELLED) note(host, "done-cancelled");
  if (r->status != SMG_OK && (r->code != 0 || r->headers.len != 0 || r->body.len != 0 || r->message.len == 0)) note(host, "done-malformed");
  if (j->completes && r->status != SMG_OK) {
    smg_outcome out = {.size = sizeof out, .status = r->status, .message = r->message};
    host->complete(host->ctx, j->call, &out);
  } else if (j->completes) {
    char code[16];
    snprintf(code, sizeof code, "%u", r->code);
    smg_bytes body = r->body;
    if (body.len > 1000) body.len = 1000;
    smg_violation v = {.category = text("service"), .code = text(code), .message = body, .evidence_json = header(r->headers, "x-evidence"),
                       .score = 1, .segment = SMG_NO_SEGMENT};
    smg_verdict out = {.size = sizeof out, .action = r->code == 200 && contains(r->body, "allow") ? SMG_ALLOW : SMG_BLOCK,
                       .violations = &v, .violation_count = 1};
    complete_verdict(host, j->call, &out);
  }
  a->inside--;
  free(j);
}

static job *new_job(asker *a, smg_call call, int completes) {
  job *j = malloc(sizeof *j);
  *j = (job){a, call, completes};
  return j;
}

static smg_http_request request_of(asker *a, smg_call call, smg_bytes body, smg_kvs headers) {
  smg_http_request r = {.size = sizeof r, .method = text("POST"), .url = text(a->url), .body = body, .headers = headers, .call = call,
                        .tls_profile = text(a->profile), .max_response_bytes = a->max};
  if (a->deadline_ms) r.deadline_ns = now_ns() + a->deadline_ms * 1000000u;
  return r;
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)error;
  asker *a = calloc(1, sizeof *a);
  a->host = host;
  a->http = host->get_interface(host->ctx, SMG_HOST_HTTP);
  a->alive = 1;
  field(config, "url", a->url, sizeof a->url);
  field(config, "profile", a->profile, sizeof a->profile);
  a->deadline_ms = number(config, "deadline_ms");
  a->max = number(config, "max");
  smg_http_request r = request_of(a, 0, text("early"), (smg_kvs){0});
  note(host, a->http->start(host->ctx, &r, done, a, NULL) == SMG_E_UNAVAILABLE ? "early-refused" : "early-accepted");
  smg_status wanted = FLAGS & SMG_PF_INLINE ? SMG_E_UNSUPPORTED : SMG_E_UNAVAILABLE;
  note(host, a->http->fetch(host->ctx, &r, done, a) == wanted ? "early-refused" : "early-accepted");
  *self = a;
  return SMG_OK;
}

static void expect(asker *a, const char *what, smg_status status, smg_status wanted) {
  char name[64];
  snprintf(name, sizeof name, "%s-%s", what, status == wanted ? "right" : "wrong");
  note(a->host, name);
}

static smg_status try_start(asker *a, const smg_http_request *r) {
  job *j = new_job(a, 0, 0);
  smg_status status = a->http->start(a->host->ctx, r, done, j, NULL);
  if (status != SMG_OK) free(j);
  return status;
}

/* Each of these breaks a rule of the header. */
static void malformed(asker *a) {
  static uint8_t big[17 << 20];
  static smg_kv many[200];
  for (int i = 0; i < 200; i++) many[i] = (smg_kv){text("x"), text("y")};
  const smg_http_request good = request_of(a, 0, text("x"), (smg_kvs){0});
  smg_http_request r = good;
  expect(a, "malformed", a->http->start(a->host->ctx, NULL, done, NULL, NULL), SMG_E_INVALID);
  expect(a, "malformed", a->http->start(a->host->ctx, &good, NULL, NULL, NULL), SMG_E_INVALID);
  r.size = 8, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.url.len = SIZE_MAX, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.url.ptr = NULL, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.method = (smg_bytes){(const uint8_t *)"\xFF", 1}, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.body = (smg_bytes){big, sizeof big}, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.headers = (smg_kvs){many, 200}, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.headers = (smg_kvs){NULL, 1}, expect(a, "malformed", try_start(a, &r), SMG_E_INVALID), r = good;
  r.call = 0x123456789abcdef0, expect(a, "malformed", try_start(a, &r), SMG_E_STALE), r = good;
  r.deadline_ns = 1, expect(a, "malformed", try_start(a, &r), SMG_E_TIMEOUT), r = good;
  expect(a, "malformed", a->http->cancel(a->host->ctx, 424242), SMG_E_STALE);
}

/* Comes back when the instance has been destroyed. */
static void *haunt(void *arg) {
  ghost *g = arg;
  while (!g->gone) pause_ms(1);
  smg_http_request r = {.size = sizeof r, .method = text("GET"), .url = text(g->url)};
  note(g->host, g->http->start(g->host->ctx, &r, done, NULL, NULL) == SMG_E_CANCELLED ? "ghost-refused" : "ghost-accepted");
  note(g->host, g->http->cancel(g->host->ctx, g->id) == SMG_E_STALE ? "ghost-refused" : "ghost-accepted");
  free(g);
  return NULL;
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  asker *a = self;
  const smg_host *host = a->host;
  smg_bytes t = r->segments[0].text;
  uint8_t *copy = malloc(t.len + 1);
  memcpy(copy, t.ptr, t.len);
  smg_kv fields[] = {{text("X-Tag"), text("one")}, {text("x-tag"), text("two")}, {text("Content-Type"), text("text/plain")}};
  smg_http_request request = request_of(a, contains(t, "detached") ? 0 : call, (smg_bytes){copy, t.len}, (smg_kvs){fields, 3});
  if (contains(t, "http2")) request.flags = SMG_HTTP_2;
  if (contains(t, "control")) fields[0].value = text("a\r\nb: c");
  smg_status status = SMG_OK;
  if (contains(t, "malformed")) {
    malformed(a);
    complete_action(host, call, SMG_ALLOW);
  } else if (contains(t, "fetch")) {
    job *j = new_job(a, call, 1);
    status = a->http->fetch(host->ctx, &request, done, j);
    if (status != SMG_OK) free(j);
    note(host, "fetched");
  } else if (contains(t, "cancel")) {
    uint64_t id = 0;
    status = a->http->start(host->ctx, &request, done, new_job(a, call, 1), &id);
    expect(a, "cancel", a->http->cancel(host->ctx, id), SMG_OK);
    expect(a, "recancel", a->http->cancel(host->ctx, id), SMG_E_STALE);
  } else if (contains(t, "flood")) {
    int accepted = 0;
    request.call = 0;
    while (try_start(a, &request) == SMG_OK) accepted++;
    char name[32];
    snprintf(name, sizeof name, "accepted-%d", accepted);
    note(host, name);
    complete_action(host, call, SMG_ALLOW);
  } else if (contains(t, "arm")) {
    uint64_t id = 0;
    request.call = 0;
    for (int i = 0; i < 10; i++) a->http->start(host->ctx, &request, done, new_job(a, call, 0), &id);
    if (contains(t, "haunt")) {
      ghost *g = calloc(1, sizeof *g);
      *g = (ghost){.host = host, .http = a->http, .id = id};
      memcpy(g->url, a->url, sizeof g->url);
      a->ghost = g;
      pthread_t thread;
      pthread_create(&thread, NULL, haunt, g);
      pthread_detach(thread);
    }
    complete_action(host, call, SMG_ALLOW);
  } else {
    job *j = new_job(a, call, 1);
    status = a->http->start(host->ctx, &request, done, j, NULL);
    if (status != SMG_OK) free(j);
  }
  /* The host has its own copy (R1). */
  memset(copy, '!', t.len);
  free(copy);
  if (status != SMG_OK) complete_status(host, call, status, "start refused");
}

static smg_status stop(void *self, uint64_t deadline) {
  (void)deadline;
  asker *a = self;
  smg_http_request r = request_of(a, 0, text("late"), (smg_kvs){0});
  expect(a, "late", a->http->start(a->host->ctx, &r, done, NULL, NULL), SMG_E_CANCELLED);
  expect(a, "late", a->http->fetch(a->host->ctx, &r, done, NULL), FLAGS & SMG_PF_INLINE ? SMG_E_UNSUPPORTED : SMG_E_CANCELLED);
  note(a->host, "stopped");
  return SMG_OK;
}

static void destroy(void *self) {
  asker *a = self;
  a->alive = 0;
  note(a->host, "destroyed");
  if (a->ghost) a->ghost->gone = 1;
  free(a);
}
GUARDRAIL
