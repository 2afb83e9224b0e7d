/* What most of the test libraries share. A library defines what it wants otherwise before it includes this file:
 *   CREATE, STOP, DESTROY, HEALTH, CHECK, CANCEL   its own functions for these operations
 *   FLAGS, SCHEMA, NAME, ID, PHASES                its own values
 * and ends with GUARDRAIL. What happens inside is reported through the host's metrics service (`note`), so that tests can see it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "smg_plugin.h"

typedef struct instance {
  const smg_host *host;
  _Atomic int inside;
} instance;

static inline smg_bytes text(const char *s) { return (smg_bytes){(const uint8_t *)s, strlen(s)}; }

static inline int contains(smg_bytes hay, const char *needle) {
  size_t n = strlen(needle);
  for (size_t i = 0; hay.len >= n && i <= hay.len - n; i++)
    if (memcmp(hay.ptr + i, needle, n) == 0) return 1;
  return 0;
}

static inline void pause_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static inline void note(const smg_host *host, const char *name) {
  const smg_host_metrics *m = host->get_interface(host->ctx, SMG_HOST_METRICS);
  if (m) m->record(host->ctx, SMG_METRIC_COUNTER, text(name), text(""), 1, (smg_kvs){0});
}

static inline smg_status complete_status(const smg_host *host, smg_call call, smg_status status, const char *message) {
  smg_outcome out = {.size = sizeof out, .status = status, .message = text(message)};
  return host->complete(host->ctx, call, &out);
}

static inline smg_status complete_verdict(const smg_host *host, smg_call call, const smg_verdict *v) {
  smg_outcome out = {.size = sizeof out, .status = SMG_OK, .value = v, .value_size = sizeof *v};
  return host->complete(host->ctx, call, &out);
}

static inline smg_status complete_action(const smg_host *host, smg_call call, uint32_t action) {
  smg_verdict v = {.size = sizeof v, .action = action};
  return complete_verdict(host, call, &v);
}

#ifndef CREATE
#define CREATE default_create
static smg_status default_create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config, (void)error;
  instance *i = calloc(1, sizeof *i);
  i->host = host;
  *self = i;
  return SMG_OK;
}
#endif

#ifndef HEALTH
#define HEALTH default_health
static void default_health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  complete_status(((instance *)self)->host, call, SMG_OK, "");
}
#endif

#ifndef STOP
#define STOP default_stop
static smg_status default_stop(void *self, uint64_t deadline) {
  (void)deadline;
  note(((instance *)self)->host, "stopped");
  return SMG_OK;
}
#endif

#ifndef DESTROY
#define DESTROY default_destroy
static void default_destroy(void *self) {
  note(((instance *)self)->host, "destroyed");
  free(self);
}
#endif

#ifndef CHECK
#define CHECK default_check
static void default_check(void *self, smg_call call, const smg_guard_request *request) {
  (void)request;
  complete_action(((instance *)self)->host, call, SMG_ALLOW);
}
#endif

#ifndef CANCEL
#define CANCEL NULL
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef SCHEMA
#define SCHEMA "{\"type\":\"object\"}"
#endif
#ifndef NAME
#define NAME "test"
#endif
#ifndef ID
#define ID "dev.example.test"
#endif
#ifndef PHASES
#define PHASES (SMG_PHASE_INPUT | SMG_PHASE_OUTPUT)
#endif

#define PROVIDER(KIND, INTERFACE, TABLE)                                                                                        \
  static const smg_provider provider = {                                                                                        \
      .size = sizeof(smg_provider), .kind = KIND, .flags = FLAGS, .name = NAME, .interface_id = INTERFACE,                      \
      .config_schema = {(const uint8_t *)SCHEMA, sizeof SCHEMA - 1}, .create = CREATE, .health = HEALTH, .stop = STOP,          \
      .destroy = DESTROY, .vtable = &TABLE};                                                                                    \
  static const smg_provider *const providers[] = {&provider};                                                                   \
  static const smg_plugin plugin = {.size = sizeof(smg_plugin), .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR,     \
      .provider_count = 1, .id = ID, .version = "1.0.0", .vendor = "Tests", .license = "MIT", .providers = providers};

#define ENTRY                                                                                                                   \
  SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t minor) {                                                            \
    (void)minor;                                                                                                                \
    return &plugin;                                                                                                             \
  }

#define GUARDRAIL_TABLES                                                                                                        \
  static const smg_guardrail table = {.size = sizeof(smg_guardrail), .phases = PHASES, .check = CHECK, .cancel = CANCEL};       \
  PROVIDER(SMG_KIND_GUARDRAIL, SMG_IF_GUARDRAIL, table)

#define GUARDRAIL GUARDRAIL_TABLES ENTRY
