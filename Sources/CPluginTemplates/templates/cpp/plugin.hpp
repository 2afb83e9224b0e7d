// What every C++ plugin can use. No exception may cross the boundary (R7), so each function of a table runs its body in `guarded`.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "smg_plugin.h"

inline smg_bytes bytes(std::string_view text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }
inline std::string_view view(smg_bytes bytes) { return {reinterpret_cast<const char *>(bytes.ptr), bytes.len}; }

// Ends a call. The host copies all of it before complete() returns.
inline void complete(const smg_host *host, smg_call call, smg_status status, std::string_view message, const void *value = nullptr,
                     uint32_t size = 0) {
  const smg_outcome out = {sizeof out, status, bytes(message), value, size, 0};
  host->complete(host->ctx, call, &out);
}

// Ends a call with a value that begins with its size.
template <typename Value>
void finish(const smg_host *host, smg_call call, const Value &value) {
  complete(host, call, SMG_OK, {}, &value, sizeof value);
}

// Runs an operation; what it throws becomes a failure of the call.
template <typename Body>
void guarded(const smg_host *host, smg_call call, Body body) noexcept {
  try {
    body();
  } catch (const std::exception &error) {
    complete(host, call, SMG_E_INTERNAL, error.what());
  } catch (...) {
    complete(host, call, SMG_E_INTERNAL, "an unknown exception");
  }
}

// The text of a member of the configuration: the inside of a string, or the digits of a number; empty when there is none. Enough for one flat object
// without escapes, which is what the schemas here ask for; use a JSON parser for more.
inline std::string_view member(std::string_view config, std::string_view name) {
  const std::string quoted = "\"" + std::string(name) + "\"";
  auto at = config.find(quoted);
  if (at == config.npos) return {};
  at = config.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (at == config.npos) return {};
  if (config[at] == '"') return config.substr(at + 1, config.substr(at + 1).find('"'));
  const auto end = config.find_first_not_of("0123456789", at);
  return config.substr(at, end == config.npos ? config.npos : end - at);
}
