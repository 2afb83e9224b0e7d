internal import JSON
internal import NIOCore

/// `mcp_configs`: servers and their policies.
struct ServerReader {
  let config: ConfigReader
  let common: CommonSettings
  let plugins: PluginsConfig
  /// From `local_server_overrides`, by server name.
  let deniedTools: [String: [DeniedTool]]

  private var diagnostics: Diagnostics { config.diagnostics }

  func mcpConfigs(_ fields: Fields) -> [String: MCPConfig] {
    var configs: [String: MCPConfig] = [:]
    var names: Set<String> = []
    for entry in fields.map("mcp_configs") where !Fields.isComment(entry.name) {
      diagnostics.expectNew(entry.key, configs[entry.name] == nil)
      let read = Fields.read(entry.value, diagnostics) { mcpConfig($0, id: entry.name, names: &names) }
      configs[entry.name] = read ?? nil
    }
    return configs
  }

  private func mcpConfig(_ fields: Fields, id: String, names: inout Set<String>) -> MCPConfig? {
    fields.accept("imported_at")
    let toolPolicy = overriddenToolPolicy(fields)
    let name = fields.requiredString("mcp_config_name")
    if let name, !names.insert(name).inserted, let place = fields.value("mcp_config_name") {
      diagnostics.error(at: place, "another config has this name")
    }
    var serverNames: Set<String> = []
    let servers = fields.array("mcp_config").compactMap { element in
      Fields.read(element, diagnostics) { server($0, toolPolicy: toolPolicy, names: &serverNames) } ?? nil
    }
    let federation = FederationReader(diagnostics: diagnostics).settings(fields, servers: servers)
    let (createdAt, updatedAt) = (fields.string("created_at"), fields.string("updated_at"))
    guard let name else { return nil }
    return MCPConfig(id: id, name: name, servers: servers, federation: federation, createdAt: createdAt, updatedAt: updatedAt)
  }

  // MARK: One server

  private func server(_ fields: Fields, toolPolicy: GuardrailPolicy?, names: inout Set<String>) -> ServerEntry? {
    let name = fields.requiredString("server_name")
    if let name, !names.insert(name).inserted, let place = fields.value("server_name") {
      diagnostics.error(at: place, "another server of this config has this name")
    }
    fields.accept("saved_name", "tools_discovered")
    config.sandbox(fields)
    refuseUnavailable(fields)
    let reader = ReachReader(config: config, common: common)
    let (network, limits) = (reader.network(fields), reader.limits(fields))
    let reach = fields.value("config").flatMap { Fields.read($0, diagnostics) { reader.reach($0, network, limits) } ?? nil }
    if fields.value("config") == nil { fields.missing("config") }
    let tools = toolMap(fields)
    let input = policy(fields.value(anyOf: "input_guardrails_policy", "input_guardrails_config"), .input)
    let output = policy(fields.value(anyOf: "output_guardrails_policy", "output_guardrails_config"), .output)
    let denied = config.deniedTools(fields)
    let allowed = fields.strings("allowed_tools")
    let instance = self.instance(fields)
    let description = fields.string("description") ?? ""
    let definitions = definitionSettings(fields, setPolicy: toolPolicy)
    let asyncSafeTools = Set(fields.strings("async_safe_tools") ?? [])
    warnOfIdle(asyncSafeTools, fields, input)
    guard let name, let reach else { return nil }
    return ServerEntry(
      name: name, description: description, reach: reach, eraPin: instance.eraPin, tools: tools, definitions: definitions,
      inputPolicy: input, outputPolicy: output, deniedTools: denied + (deniedTools[name] ?? []),
      allowedTools: allowed, asyncSafeTools: asyncSafeTools,
      sharing: instance.sharing, idleTimeout: instance.idleTimeout, startTimeout: instance.startTimeout, timeout: instance.timeout,
      maxConcurrency: instance.maxConcurrency, health: health(fields, isRemote: reach.isRemote),
      forwardsBaggage: fields.bool("forward_baggage") ?? false,
      published: Mask.serverEntry(fields.raw.value.objectValue ?? [:]), revision: String(KeyDigest(of: fields.raw.bytes).hex.prefix(32)))
  }

  private func instance(_ fields: Fields) -> (
    sharing: UpstreamServer.Sharing, eraPin: UpstreamServer.EraPin, idleTimeout: TimeAmount, startTimeout: TimeAmount?,
    timeout: TimeAmount?,
    maxConcurrency: Int?
  ) {
    (
      fields.choice("sharing", UpstreamServer.Sharing.self) ?? .principal, fields.choice("protocol", UpstreamServer.EraPin.self) ?? .auto,
      fields.duration("idle_timeout") ?? Limits.Upstream.idleTimeout, fields.duration("start_timeout"), fields.duration("timeout"),
      fields.int("max_concurrency", in: 1...100_000)
    )
  }

  private func health(_ fields: Fields, isRemote: Bool) -> HealthSettings {
    var health = HealthSettings()
    health.maxInstances = fields.int("max_instances", in: 1...Limits.Upstream.maxChildrenPerServer) ?? health.maxInstances
    // The end of a process is noticed by itself, and many servers answer nothing while they work.
    let interval = fields.duration("health_interval", allowsZero: true) ?? (isRemote ? Limits.Upstream.healthInterval : .zero)
    health.interval = interval > .zero ? interval : nil
    if let limit = fields.int("max_unanswered", in: 0...CallHealth.window) { health.maxUnanswered = limit > 0 ? limit : nil }
    return health
  }

  private func refuseUnavailable(_ fields: Fields) {
    _ = fields.object("oauth_config", config.oauth)
    _ = fields.object("mcp_oauth") { mcp in
      config.refuseIfTrue(mcp, "enabled", .oauth)
      mcp.accept("callback_port", "timeout")
    }
  }

  /// Says why calls of these tools wait for their verdict all the same.
  private func warnOfIdle(_ asyncSafeTools: Set<String>, _ fields: Fields, _ input: GuardrailPolicy) {
    guard !asyncSafeTools.isEmpty, input.isEnabled, let place = fields.value("async_safe_tools") else { return }
    guard common.isAsyncInputEnabled else {
      return diagnostics.warning(
        at: place, "has no effect: every verdict is awaited before the call",
        "set enkrypt_async_input_guardrails_enabled to true in common_mcp_gateway_config")
    }
    let judges = plugins.guardrails.filter { input.bindings.contains($0.provider.name) }
    guard let rewriting = judges.first(where: { !$0.onlyJudges }), input.mode == .enforce else { return }
    diagnostics.warning(
      at: place, "has no effect: the guardrail \"\(rewriting.provider.name)\" may replace text, so its verdict is awaited before the call",
      "if it only judges, say so with \"judges_only\": true in plugins.guardrails")
  }

  private func toolMap(_ fields: Fields) -> JSONObject {
    let schema: JSONObject = ["type": "object", "additionalProperties": ["type": ["string", "object"]]]
    guard let value = fields.value("tools", schema: schema) else { return [:] }
    for tool in diagnostics.map(value) where tool.value.kind != .string && tool.value.kind != .object {
      diagnostics.typeError(at: tool.value, expected: "a description or a tool object")
    }
    return value.value.objectValue ?? [:]
  }
}

/// Parts that several places of the document share.
extension ConfigReader {
  /// `denied_tools`: globs, or objects with `pattern` (or `name`) and `reason`.
  func deniedTools(_ fields: Fields) -> [DeniedTool] {
    fields.array("denied_tools").compactMap { element in
      if element.kind == .string { return diagnostics.string(element).map { DeniedTool(pattern: $0) } }
      return Fields.read(element, diagnostics) { item in
        guard let place = item.value(anyOf: "pattern", "name") else {
          item.missing("pattern")
          return DeniedTool(pattern: "*")
        }
        return DeniedTool(pattern: diagnostics.string(place) ?? "*", reason: item.string("reason"))
      }
    }
  }

  /// `sandbox`, of a server or of all.
  func sandbox(_ fields: Fields) {
    _ = fields.object("sandbox") { sandbox in
      refuseIfTrue(sandbox, "enabled", .sandbox)
      sandbox.accept(
        "runtime", "image", "memory_limit", "cpu_limit", "pids_limit", "network", "read_only", "allowed_env", "container_cli",
        "nova_api_url",
        "nova_socket", "extra_ro_binds", "extra_rw_binds", "no_new_privileges", "unshare_pid", "default_image", "default_memory_limit",
        "default_cpu_limit", "default_pids_limit", "default_network", "default_read_only")
    }
  }

  /// `oauth_config`: types are checked, `enabled` is refused.
  func oauth(_ fields: Fields) {
    refuseIfTrue(fields, "enabled", .oauth)
    let flags = ["USE_PKCE", "USE_BASIC_AUTH", "ENFORCE_HTTPS", "TOKEN_IN_HEADER_ONLY", "VALIDATE_SCOPES", "USE_MTLS"]
    let texts = [
      "VERSION", "GRANT_TYPE", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "AUDIENCE", "ORGANIZATION", "SCOPE", "RESOURCE",
      "AUTHORIZATION_URL",
      "REDIRECT_URI", "STATE", "CODE_VERIFIER", "CODE_CHALLENGE", "CODE_CHALLENGE_METHOD", "CLIENT_CERT_PATH", "CLIENT_KEY_PATH",
      "CA_BUNDLE_PATH", "REVOCATION_URL", "CREDENTIALS_FILE", "CLIENT_KEYS_FILE", "TOKEN_DELIVERY",
    ]
    for name in ["is_remote"] + flags.map({ "OAUTH_" + $0 }) { _ = fields.bool(name) }
    for name in texts { _ = fields.string("OAUTH_" + name) }
    _ = fields.number("OAUTH_TOKEN_EXPIRY_BUFFER", in: 0...Limits.Config.maxDurationSeconds)
    for name in ["OAUTH_ADDITIONAL_PARAMS", "OAUTH_CUSTOM_HEADERS"] { _ = fields.map(name) }
  }
}
