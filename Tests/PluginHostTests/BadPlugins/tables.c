/* Publishes tables that are wrong in the way that the macro says. */
#define ID "dev.example.tables"
#ifdef WRONG_MINOR
#include "smg_plugin.h"
#undef SMG_ABI_MINOR
#define SMG_ABI_MINOR 99u
#endif
#include "common.h"
GUARDRAIL_TABLES

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t minor) {
  (void)minor;
  static smg_plugin p;
  static smg_provider q;
  static smg_guardrail g;
  static const smg_provider *list[2];
  p = plugin, q = provider, g = table, q.vtable = &g, list[0] = &q, p.providers = list;
#if defined(REFUSES)
  return NULL;
#elif defined(DIFFERENT)
  smg_plugin *each = malloc(sizeof *each);
  *each = plugin;
  return each;
#elif defined(PLUGIN_SIZE)
  p.size -= 8;
#elif defined(PROVIDER_SIZE)
  q.size += 8;
#elif defined(VTABLE_SIZE)
  g.size = 12;
#elif defined(NO_PROVIDERS)
  p.provider_count = 0;
#elif defined(MANY_PROVIDERS)
  p.provider_count = UINT32_MAX;
#elif defined(NULL_PROVIDERS)
  p.providers = NULL;
#elif defined(NULL_PROVIDER)
  list[0] = NULL;
#elif defined(NULL_ID)
  p.id = NULL;
#elif defined(BAD_ID)
  p.id = "two words";
#elif defined(LONG_NAME)
  static char longName[100000];
  memset(longName, 'a', sizeof longName - 1);
  q.name = longName;
#elif defined(NAME_NOT_UTF8)
  q.name = "n\xC3\x28";
#elif defined(NULL_CREATE)
  q.create = NULL;
#elif defined(NULL_DESTROY)
  q.destroy = NULL;
#elif defined(NULL_VTABLE)
  q.vtable = NULL;
#elif defined(NULL_CHECK)
  g.check = NULL;
#elif defined(BAD_SCHEMA)
  q.config_schema = text("{\"type\":");
#elif defined(USELESS_SCHEMA)
  q.config_schema = text("{\"type\":\"colour\"}");
#elif defined(SAME_NAME_TWICE)
  list[1] = &q, p.provider_count = 2;
#elif defined(WILD_POINTER)
  p.providers = (const smg_provider *const *)0x10;
#elif defined(UNKNOWN_KIND)
  static smg_provider other;
  other = provider, other.kind = 42, other.name = "future", list[1] = &other, p.provider_count = 2;
#endif
  return &p;
}
