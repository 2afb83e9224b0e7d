internal import JSON
internal import NIOCore

/// `common_mcp_gateway_config` and `gateway`.
extension ConfigReader {
  func common(_ fields: Fields) -> CommonSettings {
    var settings = CommonSettings()
    if let level = fields.value("enkrypt_log_level") { settings.logLevel = logLevel(level) ?? settings.logLevel }
    settings.toolCacheExpiry =
      fields.duration("enkrypt_tool_cache_expiration", unitSeconds: 3600, allowsZero: true) ?? settings.toolCacheExpiry
    settings.gatewayCacheExpiry =
      fields.duration("enkrypt_gateway_cache_expiration", unitSeconds: 3600, allowsZero: true) ?? settings.gatewayCacheExpiry
    settings.gatewayCacheExpiry =
      fields.duration("enkrypt_gateway_cache_expiration_minutes", unitSeconds: 60, allowsZero: true) ?? settings.gatewayCacheExpiry
    settings.isAsyncInputEnabled = fields.bool("enkrypt_async_input_guardrails_enabled") ?? false
    settings.isAsyncOutputEnabled = fields.bool("enkrypt_async_output_guardrails_enabled") ?? false
    settings.allowsStdioServers = fields.bool("enkrypt_allow_stdio_servers") ?? settings.allowsStdioServers
    settings.definitions.screensServerInfo = fields.bool("enable_server_info_validation") ?? settings.definitions.screensServerInfo
    settings.definitions.screensItems = fields.bool("enable_tool_guardrails") ?? settings.definitions.screensItems
    passage(fields, &settings.definitions)
    settings.timeouts = fields.object("timeout_settings", timeouts) ?? settings.timeouts
    refuseIfTrue(fields, "enkrypt_use_remote_mcp_config", .remoteConfig)
    refuseIfTrue(fields, "enkrypt_mcp_use_external_cache", .externalCache)
    sandbox(fields)
    acceptWithoutEffect(fields)
    return settings
  }

  /// Keys of the original that only serve what is refused or what this gateway does differently; their types are still checked.
  private func acceptWithoutEffect(_ fields: Fields) {
    let texts = [
      "enkrypt_base_url", "enkrypt_api_key", "enkrypt_remote_mcp_gateway_name", "enkrypt_remote_mcp_gateway_version", "enkrypt_cache_host",
      "enkrypt_cache_password", "enkrypt_gateway_base_url", "enkrypt_oauth_redirect_uri",
    ]
    for name in texts { _ = fields.string(name) }
    _ = fields.int("enkrypt_cache_port", in: 1...65_535)
    _ = fields.int("enkrypt_cache_db", in: 0...65_535)
    _ = fields.bool("session_pool_enabled")
    for name in ["enkrypt_config_watcher_poll_seconds", "session_pool_ttl", "session_pool_connect_timeout"] {
      _ = fields.number(name, in: 0...Limits.Config.maxDurationSeconds)
    }
    for name in ["adherence_threshold", "relevancy_threshold"] { _ = fields.number(name, in: 0...1) }
  }

  func refuseIfTrue(_ fields: Fields, _ name: String, _ protection: UnavailableProtection) {
    guard let value = fields.value(name, schema: ["enum": [false]]), diagnostics.bool(value) == true else { return }
    diagnostics.refuse(protection, at: value)
  }

  private func logLevel(_ value: RawJSON) -> LogLevel? {
    guard let word = diagnostics.string(value) else { return nil }
    switch word.uppercased() {
    case "TRACE", "NOTSET": return .trace
    case "DEBUG": return .debug
    case "INFO": return .info
    case "WARNING", "WARN": return .warning
    case "ERROR", "CRITICAL", "FATAL": return .error
    default:
      let words = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"]
      diagnostics.error(at: value, "must be one of \(words.joined(separator: ", "))", Suggestion.didYouMean(word, among: words))
      return nil
    }
  }

  private func timeouts(_ fields: Fields) -> TimeoutSettings {
    var settings = TimeoutSettings()
    settings.default = fields.duration("default_timeout") ?? settings.default
    settings.guardrail = fields.duration("guardrail_timeout") ?? settings.guardrail
    settings.auth = fields.duration("auth_timeout") ?? settings.auth
    settings.toolExecution = fields.duration("tool_execution_timeout") ?? settings.toolExecution
    settings.discovery = fields.duration("discovery_timeout") ?? settings.discovery
    settings.cache = fields.duration("cache_timeout") ?? settings.cache
    settings.connectivity = fields.duration("connectivity_timeout") ?? settings.connectivity
    settings.escalation = fields.object("escalation_policies", escalation) ?? settings.escalation
    return settings
  }

  private func escalation(_ fields: Fields) -> EscalationThresholds {
    var thresholds = EscalationThresholds()
    thresholds.warn = fields.number("warn_threshold", in: 0...10) ?? thresholds.warn
    thresholds.timeout = fields.number("timeout_threshold", in: 0...10) ?? thresholds.timeout
    thresholds.fail = fields.number("fail_threshold", in: 0...10) ?? thresholds.fail
    if !(thresholds.warn <= thresholds.timeout && thresholds.timeout <= thresholds.fail) {
      diagnostics.error(at: fields.raw, "must rise: warn_threshold ≤ timeout_threshold ≤ fail_threshold")
    }
    return thresholds
  }

  func listener(_ fields: Fields) -> ListenerSettings {
    var settings = ListenerSettings()
    settings.allowsPlaintext = fields.bool("allow_plaintext") ?? settings.allowsPlaintext
    settings.tls = fields.object("tls", tls) ?? nil
    let isSafe = settings.allowsPlaintext || settings.tls != nil
    if let host = fields.value("host") { settings.host = self.host(host, isPlaintextAllowed: isSafe) ?? settings.host }
    settings.port = fields.int("port", in: 0...65_535) ?? settings.port
    if let path = fields.value("path") { settings.path = self.path(path) ?? settings.path }
    settings.allowedHosts = fields.strings("allowed_hosts") ?? settings.allowedHosts
    if let origins = fields.value("allowed_origins") { settings.allowedOrigins = self.origins(origins) }
    settings.hasLegacyEvents = fields.bool("legacy_sse") ?? settings.hasLegacyEvents
    settings.eventLoops = fields.int("event_loops", in: 1...64) ?? settings.eventLoops
    settings.maxBodyBytes = fields.int("max_body_bytes", in: 1024...Limits.Upstream.maxMessageBytes) ?? settings.maxBodyBytes
    settings.maxConnections = fields.int("max_connections", in: 1...1_000_000) ?? settings.maxConnections
    settings.maxSessions = fields.int("max_sessions", in: 1...1_000_000) ?? settings.maxSessions
    settings.sessionIdleTimeout = fields.duration("session_idle_timeout") ?? settings.sessionIdleTimeout
    settings.inputTimeout = fields.duration("input_timeout") ?? settings.inputTimeout
    settings.shutdownTimeout = fields.duration("shutdown_timeout") ?? settings.shutdownTimeout
    return settings
  }

  func tls(_ fields: Fields) -> TLSSettings? {
    func path(_ text: String) -> String { FilePath.resolve(text, against: directory) }
    let authorities = fields.string("client_ca").map(path)
    guard let certificate = fields.requiredString("certificate"), let key = fields.requiredString("key") else { return nil }
    return TLSSettings(certificate: path(certificate), key: path(key), clientAuthorities: authorities)
  }

  func host(_ value: RawJSON, isPlaintextAllowed: Bool) -> String? {
    guard let host = diagnostics.string(value) else { return nil }
    guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") }) else {
      diagnostics.error(at: value, "must be an IP address or a host name")
      return nil
    }
    if !ListenerSettings.isLoopback(host), !isPlaintextAllowed {
      diagnostics.error(
        at: value, "would carry keys in clear over the network",
        "give a certificate in \"tls\", bind 127.0.0.1 behind a proxy that ends TLS, or set \"allow_plaintext\": true")
    }
    return host
  }

  /// A path of one or more segments, without a slash at the end.
  private func path(_ value: RawJSON) -> String? {
    guard let path = diagnostics.string(value) else { return nil }
    guard path.hasPrefix("/"), !path.utf8.contains(where: { $0 <= 0x20 || "?#%\\\u{7f}".utf8.contains($0) }) else {
      diagnostics.error(at: value, "must be a path that begins with \"/\", without query or escapes")
      return nil
    }
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  func origins(_ value: RawJSON) -> [String] {
    diagnostics.array(value).compactMap { element in
      guard let origin = diagnostics.string(element) else { return nil }
      let parts = origin.lowercased().split(separator: "://", omittingEmptySubsequences: false)
      let isOrigin =
        parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && !parts[1].utf8.contains(where: { "/*?#".utf8.contains($0) })
      if !isOrigin { diagnostics.error(at: element, "must be an exact origin, such as \"https://app.example.com\"") }
      return isOrigin ? origin.lowercased() : nil
    }
  }
}
