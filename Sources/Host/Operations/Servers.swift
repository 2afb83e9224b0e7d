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
    await context.services.discovery.pins.refresh()
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
    await context.services.discovery.pins.refresh()
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
    for (name, member) in entry where name.contains("_guardrails_") {
      if case .object(let policy) = member { entry[name] = .object(Mask.policy(policy)) }
    }
    let source = source(server, context)
    entry["has_cached_tools"] = .bool(source == .cache)
    entry["tools_source"] = .string(source.rawValue)
    entry["health"] = ServerHealth(server, context).document
    entry["approval"] = ApprovalState(server, context).document
    return entry
  }
}

/// `server discover`: asks servers for their tools and says which ones guardrails kept back.
package enum ServerDiscover: Operation {
  package struct Input: OperationInput {
    /// nil: all servers.
    package var serverName: String?
    /// Only tools that it is about; nil: all.
    package var query: String?
    /// At most so many of them.
    package var limit = Limits.Federation.searchLimit

    package init(serverName: String?, query: String? = nil, limit: Int? = nil) {
      self.serverName = serverName
      self.query = query
      if let limit { self.limit = limit }
    }
    package init(_ arguments: RawJSON) throws(GatewayError) {
      let arguments = Arguments(arguments)
      self.init(
        serverName: try arguments.string("server_name"), query: try arguments.string("query"),
        limit: try arguments.int("limit", in: 1...Limits.Federation.maxSearchLimit))
    }
  }
  package static let name = "server discover"
  package static let isMutation = false

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let server = try input.serverName.flatMap { $0.isEmpty ? nil : $0 }.map { (name) throws(GatewayError) in try context.server(name) }
    if let query = input.query, !query.isEmpty {
      return await search(query, limit: input.limit, in: server.map { [$0] } ?? context.caller.mcpConfig.servers, context)
    }
    guard let server else { return await all(context) }
    return try await one(server, context)
  }

  /// What one server of several answered.
  private struct Answer: Sendable {
    var index: Int
    var outcome: Result<(list: ItemList, isCached: Bool), GatewayError>
  }

  /// All servers side by side; one that fails hides only its own tools.
  static func all(_ context: OperationContext) async -> JSONValue {
    var available: JSONObject = [:]
    var failed: [JSONValue] = []
    var succeeded: [JSONValue] = []
    var tokens = ToolTokens()
    for (server, outcome) in await lists(of: context.caller.mcpConfig.servers, context) {
      switch outcome {
      case .success(let found):
        tokens.add(found.list)
        available[server.name] = document(server, found.list, isCached: found.isCached)
        succeeded.append(.string(server.name))
      case .failure(let error):
        available[server.name] = error.document()
        failed.append(.string(server.name))
      }
    }
    return [
      "status": .string(failed.isEmpty ? "success" : "error"), "message": "Tools discovery tried for all servers",
      "discovery_failed_servers": .array(failed), "discovery_success_servers": .array(succeeded), "available_servers": .object(available),
      "tool_tokens": tokens.document,
    ]
  }

  /// The tools that a query is about, of all servers that answer.
  private static func search(_ query: String, limit: Int, in servers: [ServerEntry], _ context: OperationContext) async -> JSONValue {
    var found: [(server: String, list: ItemList)] = []
    var failed: [JSONValue] = []
    for (server, outcome) in await lists(of: servers, context) {
      switch outcome {
      case .success(let answer): found.append((server.name, answer.list))
      case .failure: failed.append(.string(server.name))
      }
    }
    let matches = ToolSearch(query).matches(found)
    return [
      "status": "success", "message": .string("Found \(matches.count) tools for the query"), "query": .string(query),
      "total_matches": .int(matches.count), "discovery_failed_servers": .array(failed),
      "tools": .array(
        matches.prefix(limit).map { match in
          ["server_name": .string(match.server), "score": .int(match.score), "tool": match.item.definition.value]
        }),
    ]
  }

  private static func lists(
    of servers: [ServerEntry], _ context: OperationContext
  ) async -> [(ServerEntry, Result<(list: ItemList, isCached: Bool), GatewayError>)] {
    let answers = await withTaskGroup(of: Answer.self) { group in
      for (index, server) in servers.enumerated() {
        group.addTask { Answer(index: index, outcome: await list(of: server, context)) }
      }
      return await group.reduce(into: [Answer]()) { $0.append($1) }
    }
    return answers.sorted { $0.index < $1.index }.map { (servers[$0.index], $0.outcome) }
  }

  private static func list(
    of server: ServerEntry, _ context: OperationContext
  ) async -> Result<(list: ItemList, isCached: Bool), GatewayError> {
    do throws(GatewayError) {
      let found = try await context.services.discovery.items(.tools, of: server, for: context.caller, context.request)
      guard found.list.serverRejection.isEmpty else { throw .rejected(server, reasons: found.list.serverRejection) }
      return .success(found)
    } catch {
      return .failure(error)
    }
  }

  static func one(_ server: ServerEntry, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let found = try await list(of: server, context).get()
    return document(server, found.list, isCached: found.isCached)
  }

  /// As configured; what a guardrail replaced in a definition is shown as it passed.
  private static func configured(_ list: ItemList, _ server: ServerEntry) -> JSONObject {
    list.items.reduce(into: [:]) { tools, item in
      let isUntouched = Discovery.configured(item.name, server.tools[item.name] ?? .null).definition == item.definition
      tools[item.name] = isUntouched ? server.tools[item.name] : item.definition.value
    }
  }

  private static func document(_ server: ServerEntry, _ list: ItemList, isCached: Bool) -> JSONValue {
    let message =
      switch (list.source, isCached) {
      case (.config, _): "Tools already defined in config for \(server.name)"
      case (_, true): "Tools retrieved from cache for \(server.name)"
      case (_, false): "Tools discovered for \(server.name)"
      }
    var document: JSONObject = [
      "status": "success", "message": .string(message), "server_name": .string(server.name),
      "tools": list.source == .config ? .object(configured(list, server)) : .array(list.items.map(\.definition.value)),
      "source": .string(list.source == .config ? "config" : isCached ? "cache" : "discovery"),
      "blocked_tools": .array(list.blocked.map(\.document)),
      "blocked_count": .int(list.blocked.count),
      "blocked_reasons": .array(list.blocked.flatMap(\.reasons).map(JSONValue.string)),
    ]
    if !list.awaiting.isEmpty { document["awaiting_approval"] = .array(list.awaiting.map(\.document)) }
    if !list.shadows.isEmpty { document["shadowing_tools"] = .array(list.shadows.map(\.document)) }
    return .object(document)
  }
}

extension ItemList.Blocked {
  fileprivate var document: JSONValue {
    ["name": .string(shownName), "reasons": .array(reasons.map(JSONValue.string)), "detection_details": details]
  }
}

extension ItemList {
  var nameArray: JSONValue { .array(items.map { .string($0.name) }) }
}
