#define _GNU_SOURCE /* memmem */
/* Offers the name custom_keyword, as the gateway's own keyword guardrail does, and blocks something else: texts with "banana". */
#include <string.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static const smg_host *the_host;

static void finish(smg_call call, const smg_verdict *verdict) {
  smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = verdict, .value_size = verdict ? verdict->size : 0 };
  the_host->complete(the_host->ctx, call, &out);
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  static const char word[] = "banana";
  smg_violation found = { .category = TEXT("fruit"), .code = TEXT("banana"), .message = TEXT("There is a banana."), .score = 1 };
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW, .violations = &found };
  (void)self;
  for (size_t i = 0; i < request->segment_count && !verdict.violation_count; i++) {
    smg_bytes text = request->segments[i].text;
    const uint8_t *at = text.len ? memmem(text.ptr, text.len, word, sizeof word - 1) : NULL;
    if (!at) continue;
    found.segment = (uint32_t)i;
    found.start = (uint64_t)(at - text.ptr);
    found.end = found.start + sizeof word - 1;
    verdict.action = SMG_BLOCK;
    verdict.violation_count = 1;
  }
  finish(call, &verdict);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config;
  (void)error;
  the_host = host;
  *self = &the_host;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)self;
  (void)context;
  finish(call, NULL);
}

static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) { (void)self; }

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_provider provider = { .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .name = "custom_keyword",
                                       .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT("{\"type\":\"object\"}"), .create = create,
                                       .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = { .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
                                   .id = "test.banana", .version = "1.0.0", .vendor = "Tests", .license = "CC0-1.0", .providers = providers };

const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) { return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL; }
