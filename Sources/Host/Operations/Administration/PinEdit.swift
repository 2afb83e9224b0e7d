internal import JSON

/// What an operation that changes pins works with.
struct PinEdit {
  let input: AdminInput
  /// The configuration: pins are of its servers.
  let document: ConfigDocument
  /// As the pins will be.
  var pins: PinDocument
  let now: String
  /// What was done, item by item, for the answer and for `--dry-run`.
  var changes: [DocumentChange] = []
}

/// Which servers an operation on pins is about.
struct PinSelection {
  /// A server with pins.
  struct Server {
    var key: PinKey
    /// Of the set; its id when it is not in the configuration any more.
    var configName: String
    var pins: ServerPins
    /// It is in the configuration.
    var isConfigured: Bool

    var title: JSONObject { ["mcp_config_name": .string(configName), "server_name": .string(key.server)] }
  }

  let servers: [Server]

  /// - Throws: when something is named that is not there, or is there more than once.
  init(_ input: AdminInput, _ document: ConfigDocument, _ pins: PinDocument) throws(GatewayError) {
    let config = try input.find(Inputs.config).map { (name) throws(GatewayError) in try document.entry(.configs, name) }
    let configs = document.entries(.configs)
    var servers = pins.servers.map { key, pins in
      let entry = configs.first { $0.id == key.configID }
      return Server(
        key: key, configName: entry?.title ?? key.configID, pins: pins, isConfigured: entry?.serverNames.contains(key.server) ?? false)
    }
    if let config { servers = servers.filter { $0.key.configID == config.id } }
    if let name = input.find(Inputs.pinnedServer) {
      let all = servers
      servers = servers.filter { $0.key.server == name }
      guard !servers.isEmpty else {
        throw ConfigDocument.unknown("server with pins", name, among: all.map(\.key.server), listedBy: "tools pins")
      }
      guard servers.count == 1 else {
        throw GatewayError(
          .configurationInvalid, "\(servers.count) MCP configs have pins of a server '\(Fields.shown(name))'.",
          suggestions: ["Name one with --config-name: \(servers.map(\.configName).sorted().joined(separator: ", "))."])
      }
    }
    self.servers = servers.sorted { ($0.configName, $0.key.server) < ($1.configName, $1.key.server) }
  }
}

extension AdminInput {
  /// A change has to say what it is about: one server, or all.
  func requirePinScope() throws(GatewayError) {
    switch (find(Inputs.pinnedServer) != nil, find(Inputs.pinnedTool) != nil, find(Inputs.everything) == true) {
    case (true, _, false), (false, false, true): return
    case (true, _, true): throw GatewayError(.toolInvalidArguments, "Give 'server_name' or 'all', not both.")
    case (false, true, _): throw GatewayError(.toolInvalidArguments, "A tool needs its server: give 'server_name' too.")
    case (false, false, false):
      throw GatewayError(.toolInvalidArguments, "Say of what: 'server_name', with 'tool_name' for one of its tools, or 'all'.")
    }
  }
}
