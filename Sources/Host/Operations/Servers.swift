package import JSON

/// `server list`: every server of the caller's configuration, with its tools when asked for.
package enum ServerList: Operation {
  package struct Input: OperationInput {
    package var discoverTools = true

    package init(discoverTools: Bool) { self.discoverTools = discoverTools }
    package init(_ arguments: RawJSON) throws(GatewayError) {
      discoverTools = try Arguments(arguments).bool("discover_tools", default: true)
    }
  }
  package static let name = "server list"
  package static let isMutation = false

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    context.services.observation.metrics.listCalls.increment()
    guard !input.discoverTools else { return await ServerDiscover.all(context) }
    var servers: JSONObject = [:]
    var undiscovered: [JSONValue] = []
    for server in context.caller.mcpConfig.servers {
      servers[server.name] = .object(ServerInfo.entry(server, context))
      if ServerInfo.source(server, context) == .needsDiscovery { undiscovered.append(.string(server.name)) }
    }
    return ["status": "success", "available_servers": .object(servers), "servers_needing_discovery": .array(undiscovered)]
  }
}

/// `server info`: one server's entry, secrets masked, and what is known of its tools.
package enum ServerInfo: Operation {
  package struct Input: OperationInput {
    package var serverName: String

    package init(serverName: String) { self.serverName = serverName }
    package init(_ arguments: RawJSON) throws(GatewayError) { serverName = try Arguments(arguments).requiredString("server_name") }
  }
  package static let name = "server info"
  package static let isMutation = false

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let server = try context.server(input.serverName)
    var info = entry(server, context)
    if let list = context.services.discovery.cached(.tools, server, for: context.caller) { info["discovered_tools"] = list.nameArray }
    return ["status": "success", "server_name": .string(server.name), "server_info": .object(info)]
  }

  enum ToolsSource: String { case cache, config, needsDiscovery = "needs_discovery" }

  static func source(_ server: ServerEntry, _ context: OperationContext) -> ToolsSource {
    if server.hasExplicitTools { return .config }
    return context.services.discovery.cached(.tools, server, for: context.caller) == nil ? .needsDiscovery : .cache
  }

  /// The entry as configured, without its secrets, and where its tools come from.
  static func entry(_ server: ServerEntry, _ context: OperationContext) -> JSONObject {
    var entry = server.published
    let source = source(server, context)
    entry["has_cached_tools"] = .bool(source == .cache)
    entry["tools_source"] = .string(source.rawValue)
    entry["health"] = ServerHealth(server, context).document
    return entry
  }
}

/// `server discover`: asks servers for their tools and says which ones guardrails kept back.
package enum ServerDiscover: Operation {
  package struct Input: OperationInput {
    /// nil: all servers.
    package var serverName: String?

    package init(serverName: String?) { self.serverName = serverName }
    package init(_ arguments: RawJSON) throws(GatewayError) { serverName = try Arguments(arguments).string("server_name") }
  }
  package static let name = "server discover"
  package static let isMutation = false

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    guard let name = input.serverName, !name.isEmpty else { return await all(context) }
    return try await one(context.server(name), context)
  }

  /// What one server of several answered.
  private struct Answer: Sendable {
    var index: Int
    var outcome: Result<JSONValue, GatewayError>
  }

  /// All servers side by side; one that fails hides only its own tools.
  static func all(_ context: OperationContext) async -> JSONValue {
    let servers = context.caller.mcpConfig.servers
    let answers = await withTaskGroup(of: Answer.self) { group in
      for (index, server) in servers.enumerated() {
        group.addTask { Answer(index: index, outcome: await outcome(of: server, context)) }
      }
      var answers: [Answer] = []
      for await answer in group { answers.append(answer) }
      return answers.sorted { $0.index < $1.index }
    }
    var available: JSONObject = [:]
    var failed: [JSONValue] = []
    var succeeded: [JSONValue] = []
    for answer in answers {
      let name = servers[answer.index].name
      switch answer.outcome {
      case .success(let document):
        available[name] = document
        succeeded.append(.string(name))
      case .failure(let error):
        available[name] = error.document()
        failed.append(.string(name))
      }
    }
    return [
      "status": .string(failed.isEmpty ? "success" : "error"), "message": "Tools discovery tried for all servers",
      "discovery_failed_servers": .array(failed), "discovery_success_servers": .array(succeeded), "available_servers": .object(available),
    ]
  }

  private static func outcome(of server: ServerEntry, _ context: OperationContext) async -> Result<JSONValue, GatewayError> {
    do throws(GatewayError) { return .success(try await one(server, context)) } catch { return .failure(error) }
  }

  static func one(_ server: ServerEntry, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let (list, isCached) = try await context.services.discovery.items(.tools, of: server, for: context.caller, context.request)
    guard list.serverRejection.isEmpty else { throw .rejected(server, reasons: list.serverRejection) }
    let message =
      switch (list.source, isCached) {
      case (.config, _): "Tools already defined in config for \(server.name)"
      case (_, true): "Tools retrieved from cache for \(server.name)"
      case (_, false): "Tools discovered for \(server.name)"
      }
    return [
      "status": "success", "message": .string(message), "server_name": .string(server.name),
      "tools": list.source == .config ? .object(server.tools.filter { list.contains($0) }) : .array(list.items.map(\.definition.value)),
      "source": .string(list.source == .config ? "config" : isCached ? "cache" : "discovery"),
      "blocked_tools": .array(list.blocked.map { ["name": .string($0.name), "reasons": .array($0.reasons.map(JSONValue.string))] }),
      "blocked_count": .int(list.blocked.count),
      "blocked_reasons": .array(list.blocked.flatMap(\.reasons).map(JSONValue.string)),
    ]
  }
}

extension ItemList {
  var nameArray: JSONValue { .array(items.map { .string($0.name) }) }
}

extension JSONObject {
  func filter(_ isIncluded: (String) -> Bool) -> JSONObject {
    reduce(into: [:]) { if isIncluded($1.key) { $0[$1.key] = $1.value } }
  }
}
