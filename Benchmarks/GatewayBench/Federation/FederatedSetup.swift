internal import Host
internal import JSON

/// A gateway before three servers of thirty tools each, two over stdio and one over HTTP, with everything on.
struct FederatedSetup {
  static let servers = ["one", "two", "remote"]

  let gateway: GatewaySetup

  /// - Parameter port: of the server over HTTP.
  init(binary: String, folder: String, port: Int) throws {
    gateway = try GatewaySetup(binary: binary, path: folder + "/federated.json") { template in
      guard case .object(var document) = template.document, case .object(var config)? = document["mcp_configs"]?[template.configID],
        case .object(let echo)? = config["mcp_config"]?[0]
      else { return template.document }
      config["mcp_config"] = .array(Self.servers.map { .object(Self.entry($0, like: echo, port: port)) })
      document["mcp_configs"] = .object([template.configID: .object(config)])
      return .object(document)
    }
  }

  private static func entry(_ name: String, like echo: JSONObject, port: Int) -> JSONObject {
    var entry = echo
    entry["server_name"] = .string(name)
    if name == "remote" {
      entry["config"] = ["url": .string("http://127.0.0.1:\(port)/mcp")]
      entry["egress"] = ["allow": ["127.0.0.1"]]
    } else {
      entry["config"] = ["command": .string(SystemText.executablePath), "args": [.string(ToolServer.verb), "stdio"]]
    }
    return entry
  }
}
