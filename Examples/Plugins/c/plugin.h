/* What every C plugin can use: texts, one member of a flat configuration, the end of a call. */
#ifndef PLUGIN_H
#define PLUGIN_H
#include <string.h>

#include "smg_plugin.h"

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static inline smg_bytes text(const char *s) {
  smg_bytes bytes = { (const uint8_t *)s, strlen(s) };
  return bytes;
}

/* Ends a call with a value that begins with its size, or without one. The host copies all of it before complete() returns. */
static inline void finish(const smg_host *host, smg_call call, const void *value, uint32_t size) {
  smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = value, .value_size = value ? size : 0 };
  host->complete(host->ctx, call, &out);
}

/* Ends a call with a failure; `why` is for the operator's log. */
static inline void fail(const smg_host *host, smg_call call, smg_status status, const char *why) {
  smg_outcome out = { .size = sizeof out, .status = status, .message = text(why) };
  host->complete(host->ctx, call, &out);
}

/* The text of a member of the configuration: the inside of a string, or the digits of a number; empty when there is none. Enough for one flat object
 * without escapes, which is what the schemas here ask for; use a JSON parser for more. */
static inline smg_bytes member(smg_bytes config, const char *name) {
  smg_bytes none = { NULL, 0 };
  size_t length = strlen(name), at = 0, end;
  for (; at + length + 2 <= config.len; at++)
    if (config.ptr[at] == '"' && memcmp(config.ptr + at + 1, name, length) == 0 && config.ptr[at + 1 + length] == '"') break;
  for (at += length + 2; at < config.len && strchr(" \t\r\n:", config.ptr[at]) && config.ptr[at]; at++) continue;
  if (at >= config.len) return none;
  if (config.ptr[at] == '"') {
    for (end = ++at; end < config.len && config.ptr[end] != '"'; end++) continue;
  } else {
    for (end = at; end < config.len && config.ptr[end] >= '0' && config.ptr[end] <= '9'; end++) continue;
  }
  smg_bytes value = { config.ptr + at, end - at };
  return value;
}
#endif
