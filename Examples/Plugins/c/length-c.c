/* length-c: a guardrail that blocks every message with a text longer than max_bytes. */
#include <stdlib.h>

#include "plugin.h"

/* One use of the provider. Several may live at once, each with its own host and configuration: nothing of it is global. */
typedef struct {
  const smg_host *host;
  size_t max_bytes;
} instance;

/* Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns. */
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const instance *me = self;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  smg_violation found = { .category = TEXT("length-c"), .code = TEXT("too_long"), .message = TEXT("A text is too long."), .score = 1 };
  for (size_t i = 0; i < request->segment_count; i++) {
    if (request->segments[i].text.len <= me->max_bytes) continue;
    found.segment = (uint32_t)i;
    found.start = me->max_bytes;
    found.end = request->segments[i].text.len;
    verdict.action = SMG_BLOCK;
    verdict.violations = &found;
    verdict.violation_count = 1;
    break;
  }
  finish(me->host, call, &verdict, sizeof verdict);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  smg_bytes digits = member(config, "max_bytes");
  size_t max_bytes = 0;
  if (digits.len > 9) {
    error.write(error.ctx, text("max_bytes: a number of at most nine digits is expected"));
    return SMG_E_INVALID;
  }
  for (size_t i = 0; i < digits.len; i++) max_bytes = max_bytes * 10 + (size_t)(digits.ptr[i] - '0');
  instance *me = calloc(1, sizeof *me);
  if (!me) return SMG_E_UNAVAILABLE;
  me->host = host;
  me->max_bytes = max_bytes ? max_bytes : 4096;
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
  "{\"type\":\"object\",\"properties\":{\"max_bytes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":999999999}},"
  "\"additionalProperties\":false,\"examples\":[{\"max_bytes\":64}]}";

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_provider provider = {
  .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .flags = SMG_PF_INLINE, .name = "length-c", .interface_id = SMG_IF_GUARDRAIL,
  .config_schema = TEXT(schema), .create = create, .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = {
  .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1, .id = "dev.example.length-c",
  .version = "0.1.0", .vendor = "Example", .license = "CC0-1.0", .providers = providers };

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL;
}
