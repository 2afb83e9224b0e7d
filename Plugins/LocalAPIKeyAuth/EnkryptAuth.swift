internal import PluginSDK
internal import ServiceClient

/// Knows callers by API keys: of the gateway's own configuration, or, with `use_remote_config`, of a service that also says which servers they see.
struct EnkryptAuth: AsyncAuthProvider, ConfigSource {
  static let name = "enkrypt"
  static let flags: ProviderFlags = [.inline]

  /// The members are those of existing configurations, and three of our own.
  static let configSchema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "api_key": {"type": "string", "maxLength": 4096},
        "base_url": {"type": "string", "maxLength": 4096, "default": "https://api.enkryptai.com"},
        "use_remote_config": {"type": "boolean", "default": false},
        "gateway_name": {"type": "string", "maxLength": 256},
        "timeout": {"type": "number", "exclusiveMinimum": 0, "maximum": 3600, "default": 30},
        "insecure_http": {"type": "boolean", "default": false},
        "config_seconds": {"type": "integer", "minimum": 0, "maximum": 300, "default": 60},
        "max_concurrency": {"type": "integer", "minimum": 1, "maximum": 64, "default": 16}
      }
    }
    """

  private enum Mode {
    case local(LocalAPIKeyAuth)
    case remote(RemoteGateway)
  }
  private let mode: Mode

  init(config: PluginConfig, host: PluginServices) throws {
    let object = try ConfigObject(config)
    guard try object.flag("use_remote_config") ?? false else {
      mode = .local(try LocalAPIKeyAuth(host: host))
      return
    }
    mode = .remote(try RemoteGateway(try RemoteSettings(object), host))
  }

  func health() throws {
    if case .remote(let gateway) = mode { try gateway.health() }
  }

  func decide(_ request: AuthRequest) throws -> AuthDecision? {
    guard case .local(let local) = mode else { return nil }
    return try local.authenticate(request)
  }

  func authenticate(_ request: AuthRequest.Copy) async throws -> AuthDecision {
    guard case .remote(let gateway) = mode else { throw PluginError.internal("keys of the gateway's own are judged at once") }
    return try await gateway.authenticate(request)
  }

  func fetchConfig(_ request: ConfigRequest) async throws -> ConfigDocument {
    switch mode {
    // Nothing else is asked for, so that this holds as long as the identity.
    case .local: ConfigDocument(.ofHost, ttlNanoseconds: .max)
    case .remote(let gateway): try gateway.document(of: request)
    }
  }
}
