/* A guardrail that keeps every rule, of which each file of this folder breaks one. A file defines what it wants otherwise before it includes this: CREATE, HEALTH,
 * STOP, DESTROY, CHECK, CANCEL (names of its functions), FLAGS, PHASES, SCHEMA, MINOR, INSTANCE (more fields); and ends with PLUGIN, or with TABLES and an entry
 * function of its own. The first line names the rule that `plugin check` has to find broken and, if it is another, the check that finds it:
 *     rule: completion; check: health; flags: -lm
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }
#ifndef INSTANCE
#define INSTANCE
#endif

typedef struct {
  const smg_host *host;
  INSTANCE
} instance;

static inline smg_bytes text(const char *s) { return (smg_bytes){ (const uint8_t *)s, strlen(s) }; }

static inline void pause_ms(long ms) {
  struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
  nanosleep(&t, NULL);
}

static inline void finish(const smg_host *host, smg_call call, const smg_verdict *verdict) {
  smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = verdict, .value_size = verdict ? verdict->size : 0 };
  host->complete(host->ctx, call, &out);
}

static inline void answer(const smg_host *host, smg_call call, uint32_t action) {
  smg_verdict verdict = { .size = sizeof verdict, .action = action };
  finish(host, call, &verdict);
}

#ifndef CREATE
#define CREATE good_create
static smg_status good_create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config, (void)error;
  instance *made = calloc(1, sizeof *made);
  if (!made) return SMG_E_UNAVAILABLE;
  made->host = host;
  *self = made;
  return SMG_OK;
}
#else
static smg_status CREATE(const smg_host *host, smg_bytes config, smg_sink error, void **self);
#endif

#ifndef HEALTH
#define HEALTH good_health
static void good_health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  finish(((instance *)self)->host, call, NULL);
}
#else
static void HEALTH(void *self, smg_call call, const smg_context *context);
#endif

#ifndef STOP
#define STOP good_stop
static smg_status good_stop(void *self, uint64_t deadline) {
  (void)self, (void)deadline;
  return SMG_OK;
}
#else
static smg_status STOP(void *self, uint64_t deadline);
#endif

#ifndef DESTROY
#define DESTROY free
#else
static void DESTROY(void *self);
#endif

#ifndef CHECK
#define CHECK good_check
static void good_check(void *self, smg_call call, const smg_guard_request *request) {
  (void)request;
  answer(((instance *)self)->host, call, SMG_ALLOW);
}
#else
static void CHECK(void *self, smg_call call, const smg_guard_request *request);
#endif

#ifndef CANCEL
#define CANCEL NULL
#else
static void CANCEL(void *self, smg_call call);
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef SCHEMA
#define SCHEMA "{\"type\":\"object\"}"
#endif
#ifndef PHASES
#define PHASES (SMG_PHASE_INPUT | SMG_PHASE_OUTPUT)
#endif
#ifndef MINOR
#define MINOR SMG_ABI_MINOR
#endif

/* Not constant, so that a file can spoil a field before it is published. */
#define TABLES                                                                                                                             \
  static smg_guardrail table = { .size = sizeof table, .phases = PHASES, .check = CHECK, .cancel = CANCEL };                               \
  static smg_provider provider = { .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .flags = FLAGS, .name = "faulty",                  \
                                   .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT(SCHEMA), .create = CREATE, .health = HEALTH,   \
                                   .stop = STOP, .destroy = DESTROY, .vtable = &table };                                                   \
  static const smg_provider *providers[2] = { &provider, &provider };                                                                      \
  static smg_plugin plugin = { .size = sizeof plugin, .abi_minor = MINOR, .min_host_minor = MINOR, .provider_count = 1,                    \
                               .id = "test.faulty", .version = "1.0.0", .vendor = "Tests", .license = "CC0-1.0", .providers = providers };
#define PLUGIN                                                                                                                             \
  TABLES                                                                                                                                   \
  const smg_plugin *smg_plugin_entry_v0(uint32_t host_minor) { return host_minor == SMG_ABI_MINOR ? &plugin : NULL; }
/* As PLUGIN, with statements that run before the table is published. */
#define SPOILED(statements)                                                                                                                \
  TABLES                                                                                                                                   \
  const smg_plugin *smg_plugin_entry_v0(uint32_t host_minor) {                                                                             \
    (void)host_minor;                                                                                                                      \
    statements;                                                                                                                            \
    return &plugin;                                                                                                                        \
  }
