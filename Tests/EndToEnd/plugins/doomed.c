#define _GNU_SOURCE /* memmem */
/*
 * A guardrail that does what ends or harms a process, as a text says: "crash now", "spin now", "print now", "fork now". It blocks texts with the word "evil".
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static int holds(const smg_guard_request *request, const char *words) {
  for (size_t i = 0; i < request->segment_count; i++) {
    smg_bytes text = request->segments[i].text;
    if (text.len && memmem(text.ptr, text.len, words, strlen(words))) return 1;
  }
  return 0;
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = self;
  if (holds(request, "crash now")) *(volatile int *)8 = 1;
  if (holds(request, "spin now")) for (volatile int go = 1; go;) continue;
  if (holds(request, "print now") && write(1, "not JSON\n", 9) < 0) abort();
  if (holds(request, "fork now")) {
    if (fork() == 0) for (;;) pause();
  }
  smg_violation found = { .category = TEXT("doom"), .code = TEXT("evil"), .message = TEXT("An evil word."), .score = 1, .segment = SMG_NO_SEGMENT };
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  if (holds(request, "evil")) {
    verdict.action = SMG_BLOCK;
    verdict.violations = &found;
    verdict.violation_count = 1;
  }
  smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = &verdict, .value_size = sizeof verdict };
  host->complete(host->ctx, call, &out);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config;
  (void)error;
  *self = (void *)host;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  const smg_host *host = self;
  smg_outcome out = { .size = sizeof out, .status = SMG_OK };
  (void)context;
  host->complete(host->ctx, call, &out);
}

static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) { (void)self; }

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_TOOL | SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_provider provider = {
  .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .name = "doomed", .interface_id = SMG_IF_GUARDRAIL,
  .config_schema = TEXT("{\"type\":\"object\"}"), .create = create, .health = health, .stop = stop, .destroy = destroy,
  .vtable = &guardrail };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = {
  .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
  .id = "dev.example.doomed", .version = "1.0.0", .vendor = "Tests", .license = "MIT", .providers = providers };

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL;
}
