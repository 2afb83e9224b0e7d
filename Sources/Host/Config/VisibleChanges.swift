internal import MCP

/// What of a change of the configuration shows in the lists of clients.
struct VisibleChanges {
  struct Server: Hashable {
    let configID: String
    let name: String
  }

  /// Configurations that offer their servers in another way, or in another order.
  private(set) var configs: Set<String> = []
  /// Servers that came, went, or are described or filtered in another way.
  private(set) var servers: Set<Server> = []
  /// The configuration of each project that has one.
  let assignments: [String: String]

  init(from old: GatewayConfig, to new: GatewayConfig) {
    assignments = new.projects.compactMapValues(\.mcpConfigID)
    let isScreenedAlike = old.plugins.guardrails == new.plugins.guardrails
    for id in Set(old.mcpConfigs.keys).union(new.mcpConfigs.keys) {
      compare(old.mcpConfigs[id], new.mcpConfigs[id], id, isScreenedAlike)
    }
  }

  private mutating func compare(_ old: MCPConfig?, _ new: MCPConfig?, _ id: String, _ isScreenedAlike: Bool) {
    let (before, after) = (old?.servers ?? [], new?.servers ?? [])
    let isOrdered = before.map(\.name) == after.map(\.name)
    if old?.federation != new?.federation || !isOrdered && Set(before.map(\.name)) == Set(after.map(\.name)) { configs.insert(id) }
    for name in Set((before + after).map(\.name)) {
      let isSame = Self.isSame(old?.server(named: name), new?.server(named: name), isScreenedAlike)
      if !isSame { servers.insert(Server(configID: id, name: name)) }
    }
  }

  private static func isSame(_ old: ServerEntry?, _ new: ServerEntry?, _ isScreenedAlike: Bool) -> Bool {
    guard let old, let new else { return old == nil && new == nil }
    return old.revision == new.revision && old.deniedTools == new.deniedTools && old.definitions == new.definitions
      && (isScreenedAlike || !new.definitions.isScreened)
  }
}

extension ChangeHub {
  /// Tells those clients whose lists are others now.
  func changed(_ changes: VisibleChanges) {
    assign(changes.assignments)
    for config in changes.configs { changed(Set(ListChange.allCases), configID: config, server: nil) }
    for server in changes.servers { changed(Set(ListChange.allCases), configID: server.configID, server: server.name) }
  }
}
