/* One provider, built several times: every build blocks texts with "forbidden" and says which build it is. -DBUILD=<n>; -DSICK: not healthy; -DREFUSES: cannot be
   created. */
#define _GNU_SOURCE /* memmem */
#include <string.h>
#include <time.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }
#define QUOTED(x) #x
#define NAMED(x) "build_" QUOTED(x)

/* An instance is its host: builds come and go, and one library may serve two instances for a while. */
static void finish(void *self, smg_call call, smg_status status, const smg_verdict *verdict) {
  const smg_host *host = self;
  smg_outcome out = { .size = sizeof out, .status = status, .value = verdict, .value_size = verdict ? verdict->size : 0 };
  if (status != SMG_OK) out.message = (smg_bytes)TEXT("this build has a cold");
  host->complete(host->ctx, call, &out);
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  static const char word[] = "forbidden";
  smg_violation found = { .category = TEXT(NAMED(BUILD)), .message = TEXT("A forbidden word."), .score = 1 };
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW, .violations = &found };
  const struct timespec moment = { 0, 2000000 };
  /* Long enough for reloads to happen while checks are inside. */
  nanosleep(&moment, NULL);
  for (size_t i = 0; i < request->segment_count && !verdict.violation_count; i++) {
    smg_bytes text = request->segments[i].text;
    if (!text.len || !memmem(text.ptr, text.len, word, sizeof word - 1)) continue;
    found.segment = (uint32_t)i;
    found.end = text.len;
    verdict.action = SMG_BLOCK;
    verdict.violation_count = 1;
  }
  finish(self, call, SMG_OK, &verdict);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config;
  (void)error;
#ifdef REFUSES
  error.write(error.ctx, (smg_bytes)TEXT("no licence"));
  return SMG_E_INVALID;
#endif
  *self = (void *)host;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)context;
#ifdef SICK
  finish(self, call, SMG_E_UNAVAILABLE, NULL);
#else
  finish(self, call, SMG_OK, NULL);
#endif
}

static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)self;
  (void)deadline_ns;
  return SMG_OK;
}

static void destroy(void *self) { (void)self; }

static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
static const smg_provider provider = { .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .name = "builds",
                                       .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT("{\"type\":\"object\"}"), .create = create,
                                       .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = { .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
                                   .id = "test.builds", .version = NAMED(BUILD), .vendor = "Tests", .license = "CC0-1.0", .providers = providers };

const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) { return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL; }
