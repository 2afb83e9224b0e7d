internal import JSON
internal import PluginSDK

/// Knows callers by API keys of the gateway's own configuration. Keeps nothing: each request asks the host's key directory.
struct LocalAPIKeyAuth: AuthProvider {
  static let name = "local_apikey"
  static let flags: ProviderFlags = [.inline]

  /// The members are those of existing configurations; only `use_remote_config` means anything here.
  static let configSchema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "api_key": {"type": "string", "maxLength": 4096},
        "base_url": {"type": "string", "maxLength": 4096},
        "use_remote_config": {"type": "boolean"},
        "timeout": {"type": "number", "exclusiveMinimum": 0, "maximum": 3600}
      }
    }
    """

  /// By which the host knows when a key was last used. The id is hexadecimal.
  private static let keyIDClaim = "io.enkrypt.gateway/key_id"
  private static let identityTTLNanoseconds: UInt64 = 60_000_000_000

  private let directory: KeyDirectory

  init(config: PluginConfig, host: PluginServices) throws {
    let document = try RawJSON(validating: config.json)
    guard document.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    if let remote = document["use_remote_config"] {
      guard let isRemote = remote.boolValue else { throw PluginError.invalid("use_remote_config: true or false is expected") }
      if isRemote {
        throw PluginError.invalid(
          "use_remote_config: this provider knows the keys of the gateway's own configuration; set the provider to \"enkrypt\" to have a service"
            + " asked")
      }
    }
    try self.init(host: host)
  }

  init(host: PluginServices) throws {
    guard let directory = host.directory else { throw PluginError(.unsupported, "the host offers no key directory (smg.host.directory/0)") }
    self.directory = directory
  }

  func authenticate(_ request: AuthRequest) throws -> AuthDecision {
    switch Credentials.read(request.headers) {
    case .none: return .refused(.noCredentials)
    case .malformed(let why): return .refused(.malformed(why))
    case .key(let index, let offset):
      let presented = request.headers.value(index).dropFirst(offset)
      guard let record = try directory.find(presented) else { return .refused(.unknownKey) }
      if let refusal = Self.refusal(of: record, request.headers) { return .refused(refusal) }
      return .identified(Self.identity(of: record))
    }
  }

  /// Why a key that exists may not be used, or nil.
  private static func refusal(of record: KeyRecord, _ headers: BorrowedPairs) -> Refusal? {
    if record.flags.contains(.disabled) { return .disabledKey }
    if record.flags.contains(.expired) { return .expiredKey }
    if !Credentials.allowsProject(record.projectID, headers) { return .otherProject }
    if !Credentials.allowsUser(record.userID, headers) { return .otherUser }
    if record.flags.contains(.userNotInProject) { return .userNotInProject }
    if record.flags.contains(.projectWithoutConfig) { return .projectWithoutConfig }
    return nil
  }

  private static func identity(of record: KeyRecord) -> Identity {
    Identity(
      subject: "\(record.userID)_\(record.projectID)_\(record.configID)", projectID: record.projectID, userID: record.userID,
      configID: record.configID, role: record.role,
      claimsJSON: Array("{\"\(keyIDClaim)\":\"\(record.keyID)\"}".utf8), ttlNanoseconds: identityTTLNanoseconds,
      vary: Credentials.headerNames)
  }
}
