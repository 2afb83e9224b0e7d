// {{name}}: a guardrail that blocks every message with a text longer than max_bytes.
#include <memory>
#include <stdexcept>

#include "plugin.hpp"

namespace {

// One use of the provider. Several may live at once, each with its own host and configuration: nothing of it is global.
struct instance {
  const smg_host *host;
  size_t max_bytes;

  instance(const smg_host *its_host, std::string_view config) : host(its_host), max_bytes(4096) {
    const auto digits = member(config, "max_bytes");
    if (digits.size() > 9) throw std::invalid_argument("max_bytes: a number of at most nine digits is expected");
    if (!digits.empty()) max_bytes = std::stoul(std::string(digits));
  }
};

// Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns.
void check(void *self, smg_call call, const smg_guard_request *request) {
  const auto &me = *static_cast<const instance *>(self);
  guarded(me.host, call, [&] {
    smg_verdict verdict = {};
    verdict.size = sizeof verdict;
    smg_violation found = {};
    found.category = bytes("{{name}}");
    found.code = bytes("too_long");
    found.message = bytes("A text is too long.");
    found.score = 1;
    for (size_t i = 0; i < request->segment_count; i++) {
      if (request->segments[i].text.len <= me.max_bytes) continue;
      found.segment = static_cast<uint32_t>(i);
      found.start = me.max_bytes;
      found.end = request->segments[i].text.len;
      verdict.action = SMG_BLOCK;
      verdict.violations = &found;
      verdict.violation_count = 1;
      break;
    }
    finish(me.host, call, verdict);
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
smg_status stop(void *, uint64_t) { return SMG_OK; }

void destroy(void *self) { delete static_cast<instance *>(self); }

// A JSON Schema. The gateway checks the configuration against it before create(); plugin check uses the example.
constexpr char schema[] = R"({"type":"object","properties":{"max_bytes":{"type":"integer","minimum":1,"maximum":999999999}},
  "additionalProperties":false,"examples":[{"max_bytes":64}]})";

const smg_guardrail guardrail = {sizeof guardrail, SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, 0, 0, check, nullptr};
const smg_provider provider = {sizeof provider, SMG_KIND_GUARDRAIL, SMG_PF_INLINE, 0, "{{name}}", SMG_IF_GUARDRAIL, bytes(schema), create,
                               health, stop, destroy, &guardrail};
const smg_provider *const providers[] = {&provider};
const smg_plugin plugin = {sizeof plugin, SMG_ABI_MINOR, SMG_ABI_MINOR, 1, "{{id}}", "0.1.0", "Example", "CC0-1.0", providers, nullptr};

}  // namespace

extern "C" SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : nullptr;
}
