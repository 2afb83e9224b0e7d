internal import JSON
internal import MCP
internal import NIOCore

/// Finds out what a server has for a caller: from the configuration, from the cache, or by asking the server; and keeps back what a guardrail rejects.
package struct Discovery: Sendable {
  let upstream: UpstreamPool
  let catalogue: Catalogue
  let observation: Observation
  let pins: PinBook
  let verdicts = DefinitionVerdicts()

  package init(upstream: UpstreamPool, catalogue: Catalogue, observation: Observation, pins: PinBook) {
    self.pins = pins
    self.upstream = upstream
    self.catalogue = catalogue
    self.observation = observation
  }

  package func items(_ kind: ItemKind, of server: ServerEntry, for caller: Caller, _ request: RequestContext) async throws(GatewayError)
    -> (
      list: ItemList, isCached: Bool
    )
  {
    try await catalogue.list(Self.key(kind, server, caller)) { await discover(kind, server, for: caller, request) }
  }

  package func cached(_ kind: ItemKind, _ server: ServerEntry, for caller: Caller) -> ItemList? {
    catalogue.cached(Self.key(kind, server, caller))
  }

  static func key(_ kind: ItemKind, _ server: ServerEntry, _ caller: Caller) -> Catalogue.Key {
    Catalogue.Key(
      principal: caller.principal, configID: caller.mcpConfig.id, server: server.name, revision: caller.state.snapshot.revision, kind: kind)
  }

  /// The server as the upstream room knows it, with this caller's share of it.
  func target(_ server: ServerEntry, _ caller: Caller, _ request: RequestContext) throws(GatewayError) -> UpstreamTarget {
    try expectKnownEndpoint(server, of: caller.mcpConfig.id)
    return try UpstreamTarget(server, caller: caller, request)
  }

  private func discover(
    _ kind: ItemKind, _ server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async -> Result<ItemList, GatewayError> {
    let timeouts = caller.state.config.common.timeouts
    return await observation.timeouts.track(
      .discovery, server: server.name, timeout: timeouts.discovery, escalation: timeouts.escalation, outcome: TimeoutMetrics.Outcome.init
    ) {
      do throws(GatewayError) {
        try await expectEndpoint(server, caller)
        let found = try await definitions(kind, server, caller, request, deadline: .now() + timeouts.discovery)
        let list = await screened(found, kind, server, for: caller, request)
        guard kind == .tools else { return .success(list) }
        var tools = try await pinned(list, found, server, caller)
        tools.schemas = schemas(of: tools, server)
        return .success(tools)
      } catch {
        return .failure(error)
      }
    }
  }

  /// What the server says of itself and of its items, unscreened.
  struct Found {
    var source: ItemList.Source
    /// Name and description of the configuration, and the server's greeting.
    var server: RawJSON
    var items: [ItemList.Item]
    var lifetime: TimeAmount
  }

  private func definitions(
    _ kind: ItemKind, _ server: ServerEntry, _ caller: Caller, _ request: RequestContext, deadline: NIODeadline
  ) async throws(GatewayError) -> Found {
    let lifetime = caller.state.config.common.toolCacheExpiry
    if kind == .tools, server.hasExplicitTools {
      return Found(source: .config, server: Self.description(of: server, nil), items: server.tools.map(Self.configured), lifetime: lifetime)
    }
    let target = try target(server, caller, request)
    do throws(UpstreamError) {
      let greeting = Greeting(try await upstream.serverInfo(target, deadline: deadline))
      let isAnnounced = greeting.offers(kind)
      // Some servers have tools without saying so.
      let listed: (items: [RawJSON], freshMilliseconds: Int?) =
        isAnnounced || kind == .tools ? try await upstream.list(target, kind, isAnnounced: isAnnounced, deadline: deadline) : ([], nil)
      if kind == .tools { observation.metrics.serversDiscovered.increment() }
      return Found(
        source: .discovery, server: Self.description(of: server, greeting.raw), items: Self.named(listed.items, kind),
        lifetime: greeting.announcesChanges(of: kind) ? lifetime : Self.lifetime(kind, listed.freshMilliseconds, atMost: lifetime))
    } catch {
      throw GatewayError(upstream: error, server: server.name)
    }
  }

  /// How long a list is believed whose changes are not announced. What the server says of its freshness is a hint, and does not make the gateway ask at every
  /// call; tools of servers that say nothing are kept for as long as the configuration says.
  static func lifetime(_ kind: ItemKind, _ freshMilliseconds: Int?, atMost longest: TimeAmount) -> TimeAmount {
    let least = Limits.Federation.unannouncedLifetime
    guard let freshMilliseconds else { return kind == .tools ? longest : min(longest, least) }
    return min(longest, max(least, .milliseconds(Int64(min(freshMilliseconds, Limits.Federation.maxFreshMilliseconds)))))
  }

  private static func description(of server: ServerEntry, _ info: RawJSON?) -> RawJSON {
    var object: JSONObject = ["name": .string(server.name), "description": .string(server.description)]
    if let info { object["initialize"] = info.value }
    return RawJSON(.object(object))
  }

  /// One of `tools` of the configuration: a name with a description, or with a whole tool object.
  static func configured(_ name: String, _ value: JSONValue) -> ItemList.Item {
    var object: JSONObject = ["name": .string(name)]
    if let description = value.stringValue { object["description"] = .string(description) }
    for (key, member) in value.objectValue ?? [:] where key != "name" { object[key] = member }
    return ItemList.Item(.tools, name: name, definition: RawJSON(.object(object)))
  }

  /// Items with a usable name, each name once: the first counts, so that a later one cannot take its place.
  private static func named(_ items: [RawJSON], _ kind: ItemKind) -> [ItemList.Item] {
    var seen: Set<String> = []
    return items.compactMap { item in
      guard let name = item[kind.key]?.stringValue, !name.isEmpty, seen.insert(name).inserted else { return nil }
      return ItemList.Item(kind, name: name, definition: item.compacted())
    }
  }
}

/// What a server says that it can do, in its answer to `initialize`.
struct Greeting {
  let raw: RawJSON

  init(_ raw: RawJSON) { self.raw = raw }

  func offers(_ kind: ItemKind) -> Bool { offers(kind.capability) }
  func offers(_ capability: String) -> Bool { raw["capabilities"]?[capability]?.kind == .object }
  func announcesChanges(of kind: ItemKind) -> Bool { raw["capabilities"]?[kind.capability]?["listChanged"]?.boolValue == true }
}
