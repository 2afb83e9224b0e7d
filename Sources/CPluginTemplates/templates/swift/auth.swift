import FoundationEssentials
public import PluginSDK

/// Knows one caller, by a bearer token of the configuration.
struct Auth: AuthProvider {
  static let name = "{{name}}"
  /// The gateway checks the configuration against it before `init`; plugin check uses the example.
  static let configSchema = """
    {"type": "object", "required": ["token", "config_id"], "properties": {
      "token": {"type": "string", "minLength": 16, "maxLength": 256}, "config_id": {"type": "string", "minLength": 1, "maxLength": 128}},
      "additionalProperties": false, "examples": [{"token": "an-example-token", "config_id": "config-1"}]}
    """
  static let flags: ProviderFlags = [.inline]

  private struct Config: Decodable {
    var token: String
    var config_id: String
  }

  private let token: [UInt8]
  private let configID: String

  init(config: PluginConfig, host: PluginServices) throws {
    let members: Config
    do {
      members = try JSONDecoder().decode(Config.self, from: Data(config.json))
    } catch {
      throw PluginError.invalid("token and config_id: two strings are expected")
    }
    guard members.token.utf8.count >= 16 else { throw PluginError.invalid("token: at least 16 characters are expected") }
    token = Array(members.token.utf8)
    configID = members.config_id
  }

  /// Called from many threads at once. A trap (`!`, overflow, an index out of range) would end the gateway.
  func authenticate(_ request: AuthRequest) -> AuthDecision {
    guard let presented = Self.presented(request.copy.headers), isToken(presented) else {
      return .refused(Refusal(.unauthenticated, code: "AUTH_001", message: "A valid bearer token is needed."))
    }
    return .identified(
      Identity(
        subject: Self.name, projectID: "", userID: "", configID: configID, role: "", ttlNanoseconds: 60_000_000_000, vary: ["authorization"]))
  }

  /// What follows "Bearer " in the one authorization header; nil when there is none, or more than one.
  private static func presented(_ headers: [(name: String, value: String)]) -> [UInt8]? {
    let values = headers.filter { $0.name == "authorization" }.map(\.value)
    guard values.count == 1, values[0].hasPrefix("Bearer ") else { return nil }
    return Array(values[0].utf8.dropFirst("Bearer ".utf8.count))
  }

  /// Takes the same time whatever the difference is, so that a token cannot be guessed byte by byte.
  private func isToken(_ presented: [UInt8]) -> Bool {
    var difference: UInt8 = presented.count == token.count ? 0 : 1
    for (a, b) in zip(presented, token) { difference |= a ^ b }
    return difference == 0
  }
}

let plugin = Plugin(
  id: "{{id}}", version: "0.1.0", vendor: "Example", license: "CC0-1.0", providers: [Provider(Auth.self)])

@c(smg_plugin_entry_v0) public func entry(_ hostMinor: UInt32) -> PluginTable? { plugin.entry(hostMinor) }
