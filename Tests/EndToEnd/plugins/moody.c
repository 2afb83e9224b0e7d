#define _GNU_SOURCE /* memmem */
/*
 * A guardrail and an auth provider that misbehave on request, for the tests. The mode stands in the configuration, {"mode": "..."}:
 *   allow        answers at once
 *   block        blocks everything, without a reason
 *   unavailable  completes every call with SMG_E_UNAVAILABLE
 *   forget       returns without ever completing
 *   stuck        does not return while a text holds the words "get stuck"
 *   transform    rewrites the word "secret" to "[hidden]"
 *   malformed    completes with a verdict that makes no sense
 *   late         allows when its time is over
 *   yes_and_no   allows, and then blocks the same call
 *   no_and_yes   blocks, and then allows the same call
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

typedef struct {
  const smg_host *host;
  char mode[32];
} instance;

static void finish(const instance *it, smg_call call, smg_status status, const void *value, uint32_t size) {
  smg_outcome out = { .size = sizeof out, .status = status, .value = value, .value_size = size };
  it->host->complete(it->host->ctx, call, &out);
}

static int is(const instance *it, const char *mode) { return strcmp(it->mode, mode) == 0; }

static const uint8_t *find(smg_bytes text, const char *word) {
  return text.len ? memmem(text.ptr, text.len, word, strlen(word)) : NULL;
}

static void get_stuck(void) {
  for (;;) pause();
}

/* "secret" becomes "[hidden]" in the first text that holds it. */
static void rewrite(const instance *it, smg_call call, const smg_guard_request *request) {
  for (size_t i = 0; i < request->segment_count; i++) {
    smg_bytes text = request->segments[i].text;
    const uint8_t *found = find(text, "secret");
    if (!found || request->segments[i].flags & SMG_SEG_KEY) continue;
    size_t before = (size_t)(found - text.ptr);
    uint8_t *fresh = malloc(text.len + 2);
    memcpy(fresh, text.ptr, before);
    memcpy(fresh + before, "[hidden]", 8);
    memcpy(fresh + before + 8, found + 6, text.len - before - 6);
    smg_replacement replacement = { .segment = (uint32_t)i, .text = { fresh, text.len + 2 } };
    smg_verdict verdict = { .size = sizeof verdict, .action = SMG_TRANSFORM, .replacements = &replacement, .replacement_count = 1 };
    finish(it, call, SMG_OK, &verdict, sizeof verdict);
    free(fresh);
    return;
  }
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  finish(it, call, SMG_OK, &verdict, sizeof verdict);
}

/* Outlives the instance, so it holds nothing of it but the host, which is never freed. */
typedef struct {
  const smg_host *host;
  smg_call call;
  uint64_t at; /* CLOCK_MONOTONIC, nanoseconds */
} delayed;

static void *allow_later(void *argument) {
  delayed *later = argument;
  struct timespec at = { .tv_sec = (time_t)(later->at / 1000000000), .tv_nsec = (long)(later->at % 1000000000) };
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = &verdict, .value_size = sizeof verdict };
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) continue;
  later->host->complete(later->host->ctx, later->call, &out);
  free(later);
  return NULL;
}

static void answer_late(const instance *it, smg_call call, uint64_t deadline) {
  pthread_t thread;
  delayed *later = malloc(sizeof *later);
  *later = (delayed){ it->host, call, deadline + 200000000 };
  if (pthread_create(&thread, NULL, allow_later, later) == 0) pthread_detach(thread);
}

/* Its first word counts. */
static void answer_twice(const instance *it, smg_call call, uint32_t first, uint32_t second) {
  smg_verdict verdict = { .size = sizeof verdict, .action = first };
  finish(it, call, SMG_OK, &verdict, sizeof verdict);
  verdict.action = second;
  finish(it, call, SMG_OK, &verdict, sizeof verdict);
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  const instance *it = self;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  if (request->phase == SMG_PHASE_TOOL && !is(it, "transform")) {
    finish(it, call, SMG_OK, &verdict, sizeof verdict);
    return;
  }
  if (is(it, "late")) {
    answer_late(it, call, request->context->deadline_ns);
    return;
  }
  if (is(it, "yes_and_no") || is(it, "no_and_yes")) {
    uint32_t first = is(it, "no_and_yes") ? SMG_BLOCK : SMG_ALLOW;
    answer_twice(it, call, first, first == SMG_BLOCK ? SMG_ALLOW : SMG_BLOCK);
    return;
  }
  if (is(it, "unavailable")) {
    finish(it, call, SMG_E_UNAVAILABLE, NULL, 0);
    return;
  }
  if (is(it, "forget")) return;
  if (is(it, "transform")) {
    rewrite(it, call, request);
    return;
  }
  if (is(it, "stuck"))
    for (size_t i = 0; i < request->segment_count; i++)
      if (find(request->segments[i].text, "get stuck")) get_stuck();
  if (is(it, "block")) verdict.action = SMG_BLOCK;
  if (is(it, "malformed")) {
    smg_replacement replacement = { .segment = 4000, .text = TEXT("x") };
    verdict.action = SMG_TRANSFORM;
    verdict.replacements = &replacement;
    verdict.replacement_count = 1;
    finish(it, call, SMG_OK, &verdict, sizeof verdict);
    return;
  }
  finish(it, call, SMG_OK, &verdict, sizeof verdict);
}

static void authenticate(void *self, smg_call call, const smg_auth_request *request) {
  const instance *it = self;
  smg_identity identity = { .size = sizeof identity, .subject = TEXT("somebody"), .project_id = TEXT("project-alice"),
                            .user_id = TEXT("user-alice"), .config_id = TEXT("config-1") };
  (void)request;
  if (is(it, "forget")) return;
  if (is(it, "stuck")) get_stuck();
  if (is(it, "unavailable")) {
    finish(it, call, SMG_E_UNAVAILABLE, NULL, 0);
    return;
  }
  if (is(it, "malformed")) identity.subject.len = 0;
  finish(it, call, SMG_OK, &identity, sizeof identity);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  static const char key[] = "\"mode\":";
  const uint8_t *at = find(config, key);
  instance *it = calloc(1, sizeof *it);
  size_t length = 0;
  (void)error;
  if (!it) return SMG_E_INTERNAL;
  if (at) {
    const uint8_t *end = config.ptr + config.len;
    at += sizeof key - 1;
    while (at < end && (*at == ' ' || *at == '"')) at++;
    while (at < end && *at != '"' && length < sizeof it->mode - 1) it->mode[length++] = (char)*at++;
  }
  it->host = host;
  *self = it;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  finish(self, call, SMG_OK, NULL, 0);
}

static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) { free(self); }

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_TOOL | SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_auth auth = { .size = sizeof auth, .authenticate = authenticate };
#define SCHEMA TEXT("{\"type\":\"object\",\"properties\":{\"mode\":{\"type\":\"string\"}},\"additionalProperties\":false}")

static const smg_provider moody = { .size = sizeof moody, .kind = SMG_KIND_GUARDRAIL, .name = "moody", .interface_id = SMG_IF_GUARDRAIL,
                                    .config_schema = SCHEMA, .create = create, .health = health, .stop = stop, .destroy = destroy,
                                    .vtable = &guardrail };
static const smg_provider moody_auth = { .size = sizeof moody_auth, .kind = SMG_KIND_AUTH, .name = "moody_auth", .interface_id = SMG_IF_AUTH,
                                         .config_schema = SCHEMA, .create = create, .health = health, .stop = stop, .destroy = destroy,
                                         .vtable = &auth };
static const smg_provider *const providers[] = { &moody, &moody_auth };
static const smg_plugin plugin = { .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 2,
                                   .id = "test.moody", .version = "1.0.0", .vendor = "Tests", .license = "CC0-1.0", .providers = providers };

const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) { return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL; }
