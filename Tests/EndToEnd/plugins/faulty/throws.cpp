/* rule: crash; check: completion */
#include <stdexcept>

#include "smg_plugin.h"

namespace {
void check(void *, smg_call, const smg_guard_request *) { throw std::runtime_error("nobody catches this"); }
smg_status create(const smg_host *host, smg_bytes, smg_sink, void **self) {
  *self = const_cast<smg_host *>(host);
  return SMG_OK;
}
void health(void *, smg_call, const smg_context *) {}
smg_status stop(void *, uint64_t) { return SMG_OK; }
void destroy(void *) {}

const char schema[] = "{\"type\":\"object\"}";
const smg_guardrail table = {sizeof table, SMG_PHASE_INPUT, 0, 0, check, nullptr};
const smg_provider provider = {sizeof provider, SMG_KIND_GUARDRAIL, 0,      0,      "faulty", SMG_IF_GUARDRAIL,
                               {reinterpret_cast<const uint8_t *>(schema), sizeof schema - 1}, create, health, stop,     destroy,
                               &table};
const smg_provider *const providers[] = {&provider};
const smg_plugin plugin = {sizeof plugin, SMG_ABI_MINOR, SMG_ABI_MINOR, 1, "test.faulty", "1.0.0", "Tests", "CC0-1.0", providers, nullptr};
}  // namespace

extern "C" SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t minor) { return minor == SMG_ABI_MINOR ? &plugin : nullptr; }
