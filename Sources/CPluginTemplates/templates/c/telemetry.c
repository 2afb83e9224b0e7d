/* {{name}}: telemetry that writes a line for each log record and span to a file. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugin.h"

/* One use of the provider. emit() never overlaps itself, so the buffer needs no lock. */
typedef struct {
  const smg_host *host;
  int file;
  size_t used;
  char buffer[65536];
} instance;

/* Hands what has gathered to the system. What cannot be written is dropped: telemetry never holds up the gateway. */
static void write_out(instance *me) {
  if (me->used > 0 && write(me->file, me->buffer, me->used) < 0) me->host->log(me->host->ctx, SMG_LOG_WARN, text("a batch was dropped"), (smg_kvs){ NULL, 0 });
  me->used = 0;
}

/* Appends a text, with blanks in place of whatever would break the line. */
static void add(instance *me, smg_bytes bytes) {
  for (size_t i = 0; i < bytes.len && i < 4096; i++) {
    if (me->used == sizeof me->buffer) write_out(me);
    me->buffer[me->used++] = bytes.ptr[i] < 0x20 || bytes.ptr[i] == 0x7F ? ' ' : (char)bytes.ptr[i];
  }
}

static void end_line(instance *me) {
  if (me->used == sizeof me->buffer) write_out(me);
  me->buffer[me->used++] = '\n';
}

/* What the records point to is borrowed: it is gone when this function returns. */
static void emit(void *self, smg_kvs resource, const smg_record *const *records, size_t count) {
  instance *me = self;
  (void)resource;
  for (size_t i = 0; i < count; i++) {
    add(me, text(records[i]->kind == SMG_REC_SPAN ? "span " : "log "));
    add(me, records[i]->name);
    add(me, text(" "));
    add(me, records[i]->body);
    end_line(me);
  }
}

/* Completes when everything has left. Called on the same thread as emit(). */
static void flush(void *self, smg_call call, const smg_context *context) {
  instance *me = self;
  (void)context;
  write_out(me);
  finish(me->host, call, NULL, 0);
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  smg_bytes path = member(config, "path");
  char name[4097];
  if (path.len == 0 || path.len >= sizeof name || path.ptr[0] != '/') {
    error.write(error.ctx, text("path: an absolute path is expected"));
    return SMG_E_INVALID;
  }
  memcpy(name, path.ptr, path.len);
  name[path.len] = 0;
  instance *me = calloc(1, sizeof *me);
  if (!me) return SMG_E_UNAVAILABLE;
  me->host = host;
  me->file = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (me->file < 0) {
    free(me);
    error.write(error.ctx, text("path: the file cannot be opened for appending"));
    return SMG_E_INVALID;
  }
  *self = me;
  return SMG_OK;
}

static void health(void *self, smg_call call, const smg_context *context) {
  (void)context;
  finish(((instance *)self)->host, call, NULL, 0);
}

/* Here threads of the plugin's own would be ended and joined. There are none. */
static smg_status stop(void *self, uint64_t deadline_ns) {
  (void)deadline_ns;
  write_out(self);
  return SMG_OK;
}

static void destroy(void *self) {
  close(((instance *)self)->file);
  free(self);
}

/* A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example. */
static const char schema[] =
  "{\"type\":\"object\",\"required\":[\"path\"],\"properties\":{"
  "\"path\":{\"type\":\"string\",\"pattern\":\"^/[A-Za-z0-9._/-]{1,4095}$\"}},"
  "\"additionalProperties\":false,\"examples\":[{\"path\":\"/dev/null\"}]}";

static const smg_telemetry telemetry = { .size = sizeof telemetry, .kinds = SMG_REC_LOG | SMG_REC_SPAN, .emit = emit, .flush = flush };
static const smg_provider provider = {
  .size = sizeof provider, .kind = SMG_KIND_TELEMETRY, .name = "{{name}}", .interface_id = SMG_IF_TELEMETRY,
  .config_schema = TEXT(schema), .create = create, .health = health, .stop = stop, .destroy = destroy, .vtable = &telemetry };
static const smg_provider *const providers[] = { &provider };
static const smg_plugin plugin = {
  .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1, .id = "{{id}}",
  .version = "0.1.0", .vendor = "Example", .license = "CC0-1.0", .providers = providers };

SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL;
}
