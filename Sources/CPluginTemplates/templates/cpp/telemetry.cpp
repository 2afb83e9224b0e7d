// {{name}}: telemetry that writes a line for each log record and span to a file.
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "plugin.hpp"

namespace {

// One use of the provider. emit() never overlaps itself, so the buffer needs no lock.
struct instance {
  const smg_host *host;
  int file = -1;
  std::string buffer;

  instance(const smg_host *its_host, std::string_view config) : host(its_host) {
    const auto path = member(config, "path");
    if (path.empty() || path.front() != '/') throw std::invalid_argument("path: an absolute path is expected");
    file = open(std::string(path).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) throw std::invalid_argument("path: the file cannot be opened for appending");
  }
  instance(const instance &) = delete;
  instance &operator=(const instance &) = delete;
  ~instance() { close(file); }

  // Hands what has gathered to the system. What cannot be written is dropped: telemetry never holds up the gateway.
  void write_out() {
    if (!buffer.empty() && write(file, buffer.data(), buffer.size()) < 0) host->log(host->ctx, SMG_LOG_WARN, bytes("a batch was dropped"), {nullptr, 0});
    buffer.clear();
  }

  // Appends a text, with blanks in place of whatever would break the line.
  void add(std::string_view text) {
    for (const char c : text.substr(0, 4096)) buffer += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    if (buffer.size() > 65536) write_out();
  }
};

// What the records point to is borrowed: it is gone when this function returns.
void emit(void *self, smg_kvs, const smg_record *const *records, size_t count) {
  auto &me = *static_cast<instance *>(self);
  try {
    for (size_t i = 0; i < count; i++) {
      me.add(records[i]->kind == SMG_REC_SPAN ? "span " : "log ");
      me.add(view(records[i]->name));
      me.add(" ");
      me.add(view(records[i]->body));
      me.buffer += '\n';
    }
  } catch (const std::exception &error) {
    me.host->log(me.host->ctx, SMG_LOG_WARN, bytes(error.what()), {nullptr, 0});
  }
}

// Completes when everything has left. Called on the same thread as emit().
void flush(void *self, smg_call call, const smg_context *) {
  auto &me = *static_cast<instance *>(self);
  guarded(me.host, call, [&] {
    me.write_out();
    complete(me.host, call, SMG_OK, {});
  });
}

smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  try {
    *self = std::make_unique<instance>(host, view(config)).release();
    return SMG_OK;
  } catch (const std::exception &failure) {
    error.write(error.ctx, bytes(failure.what()));
    return SMG_E_INVALID;
  }
}

void health(void *self, smg_call call, const smg_context *) { complete(static_cast<instance *>(self)->host, call, SMG_OK, {}); }

// Here threads of the plugin's own would be ended and joined. There are none.
smg_status stop(void *self, uint64_t) {
  static_cast<instance *>(self)->write_out();
  return SMG_OK;
}

void destroy(void *self) { delete static_cast<instance *>(self); }

// A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example.
constexpr char schema[] = R"({"type":"object","required":["path"],"properties":{"path":{"type":"string","pattern":"^/[A-Za-z0-9._/-]{1,4095}$"}},
  "additionalProperties":false,"examples":[{"path":"/dev/null"}]})";

const smg_telemetry telemetry = {sizeof telemetry, SMG_REC_LOG | SMG_REC_SPAN, emit, nullptr, flush};
const smg_provider provider = {sizeof provider, SMG_KIND_TELEMETRY, 0, 0, "{{name}}", SMG_IF_TELEMETRY, bytes(schema), create,
                               health, stop, destroy, &telemetry};
const smg_provider *const providers[] = {&provider};
const smg_plugin plugin = {sizeof plugin, SMG_ABI_MINOR, SMG_ABI_MINOR, 1, "{{id}}", "0.1.0", "Example", "CC0-1.0", providers, nullptr};

}  // namespace

extern "C" SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : nullptr;
}
