internal import Egress
internal import JSON

/// `plugins`.
extension ConfigReader {
  func plugins(_ fields: Fields) -> PluginsConfig {
    var plugins = PluginsConfig()
    plugins.searchPaths = fields.strings("path").map { paths in paths.map { FilePath.resolve($0, against: directory) } }
    plugins.trust = trust(fields)
    plugins.watchesFolders = fields.bool("watch") ?? plugins.watchesFolders
    if let auth = fields.value("auth"),
      let (binding, rights) = Fields.read(auth, diagnostics, { (authBinding($0), $0.choice("fetched", FetchedRights.self)) })
    {
      plugins.auth = binding ?? plugins.auth
      plugins.fetchedRights = rights ?? plugins.fetchedRights
    }
    if let guardrails = fields.value("guardrails") { plugins.guardrails = unique(bindings(guardrails, guardrail), \.provider.name) }
    if let telemetry = fields.value("telemetry") { plugins.telemetry = unique(bindings(telemetry, self.telemetry), \.name) }
    return plugins
  }

  private func trust(_ fields: Fields) -> PluginTrust {
    let mode = fields.choice("trust", PluginTrust.Mode.self) ?? .any
    let list = fields.value("allowlist")
    let keys = fields.value("trusted_keys")
    switch mode {
    case .any: if let list { diagnostics.error(at: list, "has no effect without \"trust\": \"allowlist\" or \"signed\"", "set \"trust\"") }
    case .allowlist: if list == nil { fields.missing("allowlist") }
    case .signed: if keys == nil { fields.missing("trusted_keys") }
    }
    return PluginTrust(mode, allowlist: Set(list.map(hashes) ?? []), keys: keys.map(trustedKeys) ?? [])
  }

  private func hashes(_ list: RawJSON) -> [String] {
    if list.itemCount > Limits.Plugin.maxListedLibraries {
      diagnostics.error(at: list, "has more than \(Limits.Plugin.maxListedLibraries) entries")
    }
    return diagnostics.array(list).compactMap { element in
      guard let text = diagnostics.string(element) else { return nil }
      guard let digest = KeyDigest(hex: text) else {
        diagnostics.error(at: element, "must be the SHA-256 of a library: 64 hexadecimal digits")
        return nil
      }
      return digest.hex
    }
  }

  private func trustedKeys(_ list: RawJSON) -> [TrustedKey] {
    if list.itemCount > Limits.Plugin.maxTrustedKeys {
      diagnostics.error(at: list, "has more than \(Limits.Plugin.maxTrustedKeys) keys")
    }
    let places = diagnostics.array(list).compactMap { place -> (place: RawJSON, key: TrustedKey)? in
      guard let key = Fields.read(place, diagnostics, trustedKey) ?? nil else { return nil }
      return (place, key)
    }
    var names: Set<String> = []
    var keys: Set<SigningPublicKey> = []
    for (place, key) in places {
      if !names.insert(key.name).inserted { diagnostics.error(at: place, "a key of this name is listed already") }
      if !keys.insert(key.key).inserted { diagnostics.error(at: place, "this key is listed already", "list each key once") }
    }
    return places.map(\.key)
  }

  private func trustedKey(_ fields: Fields) -> TrustedKey? {
    let name = fields.requiredString("name")
    let isRevoked = fields.bool("revoked") ?? false
    guard let text = fields.requiredString("public_key"), let name else { return nil }
    guard let key = SigningPublicKey(base64: text) else {
      if let place = fields.value("public_key") {
        diagnostics.error(
          at: place, "must be an Ed25519 public key: 32 bytes in base64, and not one that anybody can sign by",
          "`plugin trust add-key` writes it, from a PEM file too")
      }
      return nil
    }
    return TrustedKey(name: name, key: key, isRevoked: isRevoked)
  }

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
    return provider(fields)
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

  private func provider(_ fields: Fields) -> ProviderBinding? {
    let name = fields.string("name")
    let plugin = fields.string("plugin")
    let egress = fields.object("egress", self.egress)
    let mode = mode(fields)
    var config = JSONValue.object([:])
    if let value = fields.value("config", schema: ["type": "object"]) {
      if value.kind != .object { diagnostics.typeError(at: value, expected: "an object") }
      config = withoutComments(value)
      checkReferences(value)
    }
    guard let provider = fields.requiredString("provider") else { return nil }
    var binding = ProviderBinding(
      name: name ?? provider, provider: provider, plugin: plugin, config: config, egress: egress ?? EgressRules())
    binding.mode = mode
    return binding
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
