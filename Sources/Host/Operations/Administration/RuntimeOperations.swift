internal import JSON

/// What a running gateway knows of its servers, its plugins and its time limits, over REST. Commands of the same names ask by the tools that answer keys, or
/// open a gateway from the file.
enum RuntimeOperations {
  static let all = [listServers, serverInfo, discover, health, timeouts]

  static let listServers = AdminOperation.ask(
    ServerList.name, "List the servers; with discovery, start each and list its tools.", .get("/servers"),
    [Inputs.config.optional, Inputs.discoverTools.optional], needs: .read
  ) { call in
    try call.asking(ServerList.self, ServerList.Input(discoverTools: call.input.find(Inputs.discoverTools) ?? false))
  }.answering(.open(["status": .string, "available_servers": .any]))

  static let serverInfo = AdminOperation.ask(
    ServerInfo.name, "Show one server's entry, secrets masked.", .get("/servers/{server_name}"),
    [Inputs.config.optional, Inputs.serverName.required], needs: .read
  ) { call in
    try call.asking(ServerInfo.self, ServerInfo.Input(serverName: call.input.require(Inputs.serverName)))
  }.answering(.open(["status": .string, "server_name": .string, "server_info": .any]))

  static let discover = AdminOperation.ask(
    ServerDiscover.name, "Start one server, or all, and list the tools that guardrails let pass.", .post("/servers/discover"),
    [Inputs.config.optional, Inputs.serverName.optional, Inputs.query.optional, Inputs.toolLimit.optional], needs: .administer
  ) { call in
    let limit = call.input.find(Inputs.toolLimit)
    if let limit, !(1...Limits.Federation.maxSearchLimit ~= limit) {
      throw AdminInput.wrong(
        "The field 'limit' must be from 1 to \(Limits.Federation.maxSearchLimit).", field: "limit")
    }
    return try call.asking(
      ServerDiscover.self,
      ServerDiscover.Input(serverName: call.input.find(Inputs.serverName), query: call.input.find(Inputs.query), limit: limit))
  }.answering(.open(["status": .string]))

  static let health = AdminOperation.ask(
    ProviderHealth.name,
    "Show how the guardrails and plugins of a running gateway are doing: runs, failures, breaker; builds, calls, times.",
    .get("/system/runtime"), [], needs: .read
  ) { call in
    let gateway = try running(call)
    return AdminAction {
      let health = ProviderHealth(try await gateway.timeouts())
      return Answer(health.document, isBad: !health.isHealthy)
    }
  }.answering(.object(["status": .string, "guardrails": .list(.any), "plugins": .list(.any)]))

  static let timeouts = AdminOperation.ask(
    TimeoutReport.name, "Show how many operations of a running gateway kept their time limit.", .get("/timeouts"), [], needs: .read
  ) { call in
    let gateway = try running(call)
    return AdminAction { Answer(try await gateway.timeouts()) }
  }.answering(.open(["timeout_config": .any, "guardrails": .list(.any), "plugins": .list(.any)]))

  private static func running(_ call: AdminCall) throws(GatewayError) -> RunningGateway {
    try call.running(for: "answer this", otherwise: "Or ask its MCP endpoint with a gateway's key: `system health`, `timeout metrics`.")
  }
}

/// How those that judge and those that they are made of are doing: a part of the timeout metrics.
struct ProviderHealth {
  static let name = "system health"

  let guardrails: [JSONValue]
  let plugins: [JSONValue]

  /// - Parameter report: of ``TimeoutReport``.
  init(_ report: JSONValue) {
    guardrails = report["guardrails"]?.arrayValue ?? []
    plugins = report["plugins"]?.arrayValue ?? []
  }

  var isHealthy: Bool { !guardrails.contains { $0["state"]?.stringValue == "failing" } }

  var document: JSONValue {
    ["status": isHealthy ? "healthy" : "failing", "guardrails": .array(guardrails), "plugins": .array(plugins)]
  }
}
