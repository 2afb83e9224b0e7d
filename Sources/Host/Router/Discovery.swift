internal import JSON
internal import MCP
internal import NIOCore

/// Finds out which tools a server has for a caller: from the configuration, from the cache, or by asking the server; and keeps back what a guardrail rejects.
package struct Discovery: Sendable {
  let upstream: UpstreamPool
  let catalogue: ToolCatalogue
  let observation: Observation

  package init(upstream: UpstreamPool, catalogue: ToolCatalogue, observation: Observation) {
    self.upstream = upstream
    self.catalogue = catalogue
    self.observation = observation
  }

  package func tools(of server: ServerEntry, for caller: Caller, _ request: RequestContext) async throws(GatewayError) -> (
    list: ToolList, isCached: Bool
  ) {
    try await catalogue.tools(key(server, caller)) { await discover(server, for: caller, request) }
  }

  package func cached(_ server: ServerEntry, for caller: Caller) -> ToolList? { catalogue.cached(key(server, caller)) }

  private func key(_ server: ServerEntry, _ caller: Caller) -> ToolCatalogue.Key {
    ToolCatalogue.Key(
      principal: caller.principal, configID: caller.mcpConfig.id, server: server.name, revision: caller.state.snapshot.revision)
  }

  /// The server as the upstream room knows it, with this caller's share of it.
  func target(_ server: ServerEntry, _ caller: Caller, _ request: RequestContext) throws(GatewayError) -> UpstreamTarget {
    try UpstreamTarget(server, caller: caller, request)
  }

  private func discover(_ server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> Result<ToolList, GatewayError> {
    let timeouts = caller.state.config.common.timeouts
    return await observation.timeouts.track(
      .discovery, server: server.name, timeout: timeouts.discovery, escalation: timeouts.escalation, outcome: TimeoutMetrics.Outcome.init
    ) {
      do throws(GatewayError) {
        let found = try await definitions(server, caller, request, deadline: .now() + timeouts.discovery)
        return .success(await screened(found, server, for: caller, request))
      } catch {
        return .failure(error)
      }
    }
  }

  /// What the server says of itself and of its tools, unscreened.
  private struct Found {
    var source: ToolList.Source
    var server: RawJSON
    var tools: [(name: String, definition: RawJSON)]
  }

  private func definitions(
    _ server: ServerEntry, _ caller: Caller, _ request: RequestContext, deadline: NIODeadline
  ) async throws(GatewayError) -> Found {
    guard !server.hasExplicitTools else {
      return Found(source: .config, server: Self.description(of: server, nil), tools: Self.configured(server.tools))
    }
    let target = try target(server, caller, request)
    do throws(UpstreamError) {
      let info = try await upstream.serverInfo(target, deadline: deadline)
      let tools = try await upstream.list(target, method: "tools/list", member: "tools", deadline: deadline)
      observation.metrics.serversDiscovered.increment()
      return Found(source: .discovery, server: Self.description(of: server, info), tools: Self.named(tools))
    } catch {
      throw GatewayError(upstream: error, server: server.name, tool: nil)
    }
  }

  /// Keeps back tools that the configuration denies (silently) and those whose definition a guardrail blocks (with the reason).
  private func screened(_ found: Found, _ server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> ToolList {
    let lifetime = caller.state.config.common.toolCacheExpiry
    if server.screensServerInfo {
      let report = await judge(found.server, .server, item: server.name, server, caller, request)
      guard !report.isBlocked else {
        return ToolList(source: found.source, tools: [], blocked: [], serverRejection: report.reasons, lifetime: lifetime)
      }
    }
    var kept: [(name: String, definition: RawJSON)] = []
    var blocked: [ToolList.Blocked] = []
    for tool in found.tools where server.access(to: tool.name) == .allowed {
      let report = server.screensTools ? await judge(tool.definition, .tool, item: tool.name, server, caller, request) : nil
      if let report, report.isBlocked {
        blocked.append(ToolList.Blocked(name: tool.name, reasons: report.reasons))
      } else {
        kept.append(tool)
      }
    }
    return ToolList(source: found.source, tools: kept, blocked: blocked, serverRejection: [], lifetime: lifetime)
  }

  private func judge(
    _ raw: RawJSON, _ phase: GuardrailPhase, item: String, _ server: ServerEntry, _ caller: Caller, _ request: RequestContext
  ) async -> ScreeningReport {
    let subject = Screening.Subject(
      phase: phase, surface: "registration", server: server.name, item: item, context: caller.context(request),
      policy: .registration(caller.state.guardrails))
    let screening = Screening(bindings: caller.state.guardrails, log: observation.log, metrics: observation.metrics)
    return await screening.screen(raw, base: "", as: subject).1
  }

  private static func description(of server: ServerEntry, _ info: RawJSON?) -> RawJSON {
    var object: JSONObject = ["name": .string(server.name), "description": .string(server.description)]
    if let info { object["initialize"] = info.value }
    return RawJSON(.object(object))
  }

  /// `tools` of the configuration: a name with a description, or with a whole tool object.
  private static func configured(_ tools: JSONObject) -> [(name: String, definition: RawJSON)] {
    tools.map { name, value in
      var object: JSONObject = ["name": .string(name)]
      if let description = value.stringValue { object["description"] = .string(description) }
      for (key, member) in value.objectValue ?? [:] where key != "name" { object[key] = member }
      return (name, RawJSON(.object(object)))
    }
  }

  /// Tools with a usable name, each name once: the first counts, so that a later one cannot take its place.
  private static func named(_ tools: [RawJSON]) -> [(name: String, definition: RawJSON)] {
    var seen: Set<String> = []
    return tools.compactMap { tool in
      guard let name = tool["name"]?.stringValue, !name.isEmpty, seen.insert(name).inserted else { return nil }
      return (name, tool)
    }
  }
}

extension GuardrailPolicy {
  /// Definitions are judged by every guardrail that can.
  static func registration(_ guardrails: [BoundGuardrail]) -> GuardrailPolicy {
    GuardrailPolicy(
      isEnabled: true, name: "registration", block: [], bindings: guardrails.map(\.name), json: Array("{}".utf8), revision: 0)
  }
}
