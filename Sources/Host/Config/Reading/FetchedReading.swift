internal import JSON

/// What a fetched configuration may ask for.
package enum FetchedRights: String, Sendable, Hashable, CaseIterable {
  /// Servers at public addresses.
  case remote
  /// Also commands that run on this machine, and addresses of private networks.
  case full
}

extension ConfigReader {
  /// Reads a set of servers that an auth provider brought: an entry of `mcp_configs`, strict like the file, with less that it may do.
  /// - Parameter name: what its source calls it.
  static func fetched(
    _ document: [UInt8], name: String, rights: FetchedRights, of config: GatewayConfig
  ) throws(ConfigError) -> MCPConfig {
    let place = "the configuration that was fetched"
    let id = MCPConfig.fetchedPrefix + name
    var text = JSONWriter()
    text.object { text in
      text.key("mcp_configs")
      text.object { text in
        text.key(id)
        text.raw(document)
      }
    }
    let bytes = text.bytes
    let root = try parse(bytes, file: place)
    let reader = ConfigReader(diagnostics: Diagnostics(), directory: "/")
    if let servers = root["mcp_configs"]?[id]?["mcp_config"] {
      for entry in servers.elements { reader.restrict(entry, rights) }
    }
    let found = Fields.read(root, reader.diagnostics) { fields in
      ServerReader(config: reader, common: config.common, plugins: config.plugins, deniedTools: [:]).mcpConfigs(fields)
    }
    let problems = reader.diagnostics.problems(in: root, of: bytes, file: place)
    guard problems.errors.isEmpty else { throw ConfigError(problems.errors, omitted: reader.diagnostics.omittedErrors) }
    guard let read = found?[id] else { throw ConfigError(file: place, reason: "it is not an entry of mcp_configs") }
    return MCPConfig(
      id: id, name: read.name, servers: read.servers, federation: read.federation, createdAt: read.createdAt, updatedAt: read.updatedAt,
      isFetched: true)
  }

  private func restrict(_ entry: RawJSON, _ rights: FetchedRights) {
    entry.forEachText(base: "") { text in
      guard text.text.contains("${env:") || text.text.contains("${file:") else { return }
      // Whoever wrote this has no business with the secrets of this machine.
      diagnostics.error(at: text.raw, "a fetched configuration may not refer to secrets", "have it bring the value itself")
    }
    guard rights == .remote else { return }
    let remedy = "set \"fetched\": \"full\" in plugins.auth if its source is trusted like the configuration file"
    if let command = entry["config"]?["command"] {
      diagnostics.error(at: command, "a fetched configuration may not start commands", remedy)
    }
    if let egress = entry["egress"] { diagnostics.error(at: egress, "a fetched configuration may not open private addresses", remedy) }
  }
}
