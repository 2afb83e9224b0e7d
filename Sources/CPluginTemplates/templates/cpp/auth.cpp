// {{name}}: auth that knows one caller, by a bearer token of the configuration.
#include <memory>
#include <stdexcept>

#include "plugin.hpp"

namespace {

// One use of the provider. Several may live at once, each with its own host and configuration: nothing of it is global.
struct instance {
  const smg_host *host;
  std::string token, config_id;

  instance(const smg_host *its_host, std::string_view config)
      : host(its_host), token(member(config, "token")), config_id(member(config, "config_id")) {
    if (token.size() < 16 || config_id.empty())
      throw std::invalid_argument("token and config_id: both are needed, and a token has at least 16 characters");
  }
};

// Takes the same time whatever the difference is, so that a token cannot be guessed byte by byte.
bool equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() != b.size();
  for (size_t i = 0; i < a.size() && i < b.size(); i++) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

// What follows "Bearer " in the one authorization header; empty when there is none, or more than one.
std::string_view presented(smg_kvs headers) {
  constexpr std::string_view scheme = "Bearer ";
  std::string_view found;
  int count = 0;
  for (size_t i = 0; i < headers.len; i++) {
    if (view(headers.ptr[i].key) != "authorization") continue;
    const auto value = view(headers.ptr[i].value);
    count++;
    if (value.substr(0, scheme.size()) == scheme) found = value.substr(scheme.size());
  }
  return count == 1 ? found : std::string_view();
}

// Called from many threads at once. What `request` points to is borrowed: it is gone when this function returns.
void authenticate(void *self, smg_call call, const smg_auth_request *request) {
  const auto &me = *static_cast<const instance *>(self);
  guarded(me.host, call, [&] {
    const auto token = presented(request->headers);
    if (token.empty() || !equal(token, me.token)) {
      // A refusal is an answer, not a failure: the caller gets 401.
      const smg_refusal refusal = {sizeof refusal, 0, bytes("AUTH_001"), {nullptr, 0}};
      return complete(me.host, call, SMG_E_UNAUTHENTICATED, {}, &refusal, sizeof refusal);
    }
    const smg_bytes vary = bytes("authorization");
    smg_identity who = {};
    who.size = sizeof who;
    who.subject = bytes("{{name}}");
    who.config_id = bytes(me.config_id);
    who.ttl_ns = 60'000'000'000;
    who.vary = &vary;
    who.vary_count = 1;
    finish(me.host, call, who);
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
constexpr char schema[] = R"({"type":"object","required":["token","config_id"],"properties":{
  "token":{"type":"string","pattern":"^[A-Za-z0-9._~-]{16,256}$"},"config_id":{"type":"string","pattern":"^[A-Za-z0-9._~-]{1,128}$"}},
  "additionalProperties":false,"examples":[{"token":"an-example-token","config_id":"config-1"}]})";

const smg_auth auth = {sizeof auth, 0, authenticate, nullptr, nullptr, nullptr};
const smg_provider provider = {sizeof provider, SMG_KIND_AUTH, SMG_PF_INLINE, 0, "{{name}}", SMG_IF_AUTH, bytes(schema), create,
                               health, stop, destroy, &auth};
const smg_provider *const providers[] = {&provider};
const smg_plugin plugin = {sizeof plugin, SMG_ABI_MINOR, SMG_ABI_MINOR, 1, "{{id}}", "0.1.0", "Example", "CC0-1.0", providers, nullptr};

}  // namespace

extern "C" SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
  return host_abi_minor == SMG_ABI_MINOR ? &plugin : nullptr;
}
