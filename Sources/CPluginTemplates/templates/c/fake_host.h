/* A host for tests: it keeps the last outcome, and offers no services. For C and C++. */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smg_plugin.h"

static smg_status last_status;
static uint32_t last_action;     /* of a verdict */
static char last_subject[256];   /* of an identity */
static int completions;

/* What a call is expected to end with: smg_call 1 = a verdict, 2 = an identity, 3 = no value. */
static smg_status fake_complete(void *ctx, smg_call call, const smg_outcome *out) {
  (void)ctx;
  completions++;
  last_status = out->status;
  last_action = call == 1 && out->value ? ((const smg_verdict *)out->value)->action : 99;
  last_subject[0] = 0;
  if (call == 2 && out->status == SMG_OK) {
    smg_bytes subject = ((const smg_identity *)out->value)->subject;
    size_t length = subject.len < sizeof last_subject ? subject.len : sizeof last_subject - 1;
    memcpy(last_subject, subject.ptr, length);
    last_subject[length] = 0;
  }
  return SMG_OK;
}

static void fake_log(void *ctx, uint32_t level, smg_bytes message, smg_kvs fields) {
  (void)ctx, (void)level, (void)fields;
  fprintf(stderr, "log: %.*s\n", (int)message.len, (const char *)message.ptr);
}

static const void *fake_interface(void *ctx, const char *id) {
  (void)ctx, (void)id;
  return NULL;
}

static void fake_error(void *ctx, smg_bytes chunk) {
  (void)ctx;
  fprintf(stderr, "create: %.*s\n", (int)chunk.len, (const char *)chunk.ptr);
}

static int nothing; /* ctx is never NULL */
static const smg_host fake_host = { sizeof(smg_host), SMG_ABI_MINOR, &nothing, fake_complete, fake_log, fake_interface };

static inline smg_bytes bytes(const char *s) {
  smg_bytes b = { (const uint8_t *)s, strlen(s) };
  return b;
}

#define EXPECT(condition)                                                     \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

/* The one provider of the plugin under test. */
static inline const smg_provider *the_provider(void) {
  const smg_plugin *plugin = smg_plugin_entry_v0(SMG_ABI_MINOR);
  EXPECT(plugin != NULL && plugin->provider_count == 1);
  return plugin->providers[0];
}

/* An instance with this configuration; NULL when create() refuses it. */
static inline void *make(const char *config) {
  void *self = NULL;
  smg_sink error = { &nothing, fake_error };
  return the_provider()->create(&fake_host, bytes(config), error, &self) == SMG_OK ? self : NULL;
}

static inline void end(void *self) {
  EXPECT(the_provider()->stop(self, 0) == SMG_OK);
  the_provider()->destroy(self);
}
#endif
