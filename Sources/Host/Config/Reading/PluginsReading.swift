internal import Egress
internal import JSON

/// `plugins`.
extension ConfigReader {
  func plugins(_ fields: Fields) -> PluginsConfig {
    var plugins = PluginsConfig()
    plugins.searchPaths = fields.strings("path").map { paths in paths.map { FilePath.resolve($0, against: directory) } }
    plugins.trust = trust(fields)
    plugins.watchesFolders = fields.bool("watch") ?? plugins.watchesFolders
    if let auth = fields.value("auth"), let binding = Fields.read(auth, diagnostics, authBinding) { plugins.auth = binding ?? plugins.auth }
    if let guardrails = fields.value("guardrails") { plugins.guardrails = unique(bindings(guardrails, guardrail), \.provider.name) }
    if let telemetry = fields.value("telemetry") { plugins.telemetry = unique(bindings(telemetry, self.telemetry), \.name) }
    return plugins
  }

  private func trust(_ fields: Fields) -> PluginTrust {
    let rule = fields.choice("trust", TrustWord.self)
    let list = fields.value("allowlist")
    let hashes = list.map { list in
      diagnostics.array(list).compactMap { element -> String? in
        guard let text = diagnostics.string(element) else { return nil }
        guard let digest = KeyDigest(hex: text) else {
          diagnostics.error(at: element, "must be the SHA-256 of a library: 64 hexadecimal digits")
          return nil
        }
        return digest.hex
      }
    }
    switch rule {
    case .allowlist:
      if list == nil { fields.missing("allowlist") }
      return .allowlist(Set(hashes ?? []))
    case .any, nil:
      if let list { diagnostics.error(at: list, "has no effect without \"trust\": \"allowlist\"", "add \"trust\": \"allowlist\"") }
      return .any
    }
  }

  private enum TrustWord: String, CaseIterable { case any, allowlist }

  // MARK: Bindings

  /// One binding, or a list of them.
  private func bindings<T>(_ value: RawJSON, _ read: (Fields) -> T?) -> [(place: RawJSON, binding: T)] {
    diagnostics.recorder?.allowsOne(value)
    let places = value.kind == .array ? diagnostics.array(value) : [value]
    return places.compactMap { place in
      guard let binding = Fields.read(place, diagnostics, read) ?? nil else { return nil }
      return (place, binding)
    }
  }

  private func unique<T>(_ bindings: [(place: RawJSON, binding: T)], _ name: KeyPath<T, String>) -> [T] {
    var seen: Set<String> = []
    for (place, binding) in bindings where !seen.insert(binding[keyPath: name]).inserted {
      diagnostics.error(at: place, "a binding of this name exists already", "give each binding its own \"name\"")
    }
    return bindings.map(\.binding)
  }

  private func authBinding(_ fields: Fields) -> ProviderBinding? {
    if let value = fields.refused("on_failure") {
      diagnostics.error(at: value, "auth has no \"on_failure\": without a verdict nobody gets in", "remove it")
    }
    guard
      let binding = provider(
        fields,
        refusing: { config in
          for name in ["use_remote_config", "gateway_name"] {
            if let value = config[name], name == "gateway_name" || value.boolValue == true { diagnostics.refuse(.remoteConfig, at: value) }
          }
        })
    else { return nil }
    return binding
  }

  private func guardrail(_ fields: Fields) -> GuardrailBinding? {
    let onFailure = fields.choice("on_failure", FailurePolicy.self) ?? .block
    let timeout = fields.duration("timeout")
    let isInlineTrusted = fields.bool("inline") ?? false
    let onlyJudges = fields.bool("judges_only") ?? false
    let startup = fields.choice("startup", StartupPolicy.self) ?? .strict
    let breaker = fields.object("breaker", breaker) ?? BreakerSettings()
    guard let provider = provider(fields) else { return nil }
    var binding = GuardrailBinding(provider, onFailure: onFailure, timeout: timeout, isInlineTrusted: isInlineTrusted)
    binding.startup = startup
    binding.breaker = breaker
    binding.onlyJudges = onlyJudges
    return binding
  }

  private func breaker(_ fields: Fields) -> BreakerSettings {
    var settings = BreakerSettings()
    settings.failures = fields.int("failures", in: 0...Limits.Guardrails.maxBreakerFailures) ?? settings.failures
    settings.pause = fields.duration("pause") ?? settings.pause
    return settings
  }

  /// A telemetry binding; nil when `config.enabled` is false. `enabled` is the gateway's word and not passed on.
  private func telemetry(_ fields: Fields) -> ProviderBinding? {
    let isEnabled =
      fields.value("config", schema: ["type": "object"])?["enabled"].flatMap { $0.isNull ? nil : diagnostics.bool($0) } ?? true
    guard var binding = provider(fields), isEnabled else { return nil }
    if case .object(var config) = binding.config {
      config["enabled"] = nil
      binding.config = .object(config)
    }
    return binding
  }

  private func provider(_ fields: Fields, refusing: (RawJSON) -> Void = { _ in }) -> ProviderBinding? {
    let name = fields.string("name")
    let plugin = fields.string("plugin")
    let egress = fields.object("egress", self.egress)
    var config = JSONValue.object([:])
    if let value = fields.value("config", schema: ["type": "object"]) {
      if value.kind == .object { refusing(value) } else { diagnostics.typeError(at: value, expected: "an object") }
      config = withoutComments(value)
      checkReferences(value)
    }
    guard let provider = fields.requiredString("provider") else { return nil }
    return ProviderBinding(name: name ?? provider, provider: provider, plugin: plugin, config: config, egress: egress ?? EgressRules())
  }

  /// A provider's configuration without the comments at its top level; deeper names (headers, say) belong to the provider.
  private func withoutComments(_ value: RawJSON) -> JSONValue {
    guard case .object(var config) = value.value else { return value.value }
    for (name, _) in config where Fields.isComment(name) { config[name] = nil }
    return .object(config)
  }

  /// Complains of secret references that could never be expanded.
  func checkReferences(_ value: RawJSON) {
    switch value.kind {
    case .string:
      guard let text = value.stringValue, let mistake = SecretExpansion.mistake(in: text) else { return }
      diagnostics.error(at: value, mistake.description, "write ${env:NAME} or ${file:PATH}, or $${ for the characters themselves")
    case .object: for (_, member) in value.members { checkReferences(member) }
    case .array: for element in value.elements { checkReferences(element) }
    default: break
    }
  }
}
