internal import JSON
internal import PluginSDK

/// What the service says of one key: whose it is and which servers it sees. Documents of the original have these members.
struct GatewayRecord: Sendable {
  let projectID: String
  let userID: String
  let configID: String
  /// The servers as an entry of the gateway's `mcp_configs`.
  let document: [UInt8]

  /// - Throws: `PluginError` that names the member, never its value.
  init(_ body: [UInt8]) throws(PluginError) {
    let answer: RawJSON
    do throws(JSONError) { answer = try RawJSON(validating: body) } catch { throw Self.unusable("it is not JSON: \(error)") }
    projectID = try Self.id(answer, "project_id")
    userID = try Self.id(answer, "user_id")
    let configID = try Self.id(answer, "mcp_config_id")
    self.configID = configID
    guard let servers = answer["mcp_config"], servers.kind == .array else { throw Self.unusable("mcp_config is not a list") }
    var text = JSONWriter()
    text.object { text in
      text.member("mcp_config_name", configID)
      text.key("mcp_config")
      text.raw(servers)
    }
    document = text.bytes
  }

  /// As the gateway's own keys are called.
  var subject: String { "\(userID)_\(projectID)_\(configID)" }

  private static func id(_ answer: RawJSON, _ name: String) throws(PluginError) -> String {
    guard let text = answer[name]?.stringValue, (1...256).contains(text.utf8.count) else {
      throw unusable("\(name) is not a text of 1 to 256 bytes")
    }
    return text
  }

  private static func unusable(_ reason: String) -> PluginError {
    .unavailable("what the service answered at \(RemoteGateway.path) cannot be used: \(reason)")
  }
}
