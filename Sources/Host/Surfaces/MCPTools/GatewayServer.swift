internal import JSON
internal import MCP

/// The gateway as an MCP server: its methods, the same for every transport and era.
package struct GatewayServer: Sendable {
  private let gatewayTools: GatewayTools
  private let pipeline: Pipeline
  private let rounds: ModernRounds
  let changes: ChangeHub
  let subscriptions: ResourceSubscriptions

  package init(services: GatewayServices) {
    gatewayTools = GatewayTools(services: services)
    pipeline = services.pipeline
    changes = services.changes
    subscriptions = services.subscriptions
    rounds = ModernRounds(held: services.held, seal: StateSeal())
  }

  /// Whether anything is served for this caller in this view.
  func serves(_ view: ServerView, _ caller: Caller) -> Bool { Offer(view, caller) != nil }

  /// The answer to `initialize`.
  func greeting(_ revision: Revision, _ caller: Caller, _ context: RequestContext) throws(RPCError) -> [UInt8] {
    let offer = try offer(caller, context)
    return InitializeResult(
      revision: revision, serverInfo: .gateway, capabilities: capabilities(offer, .legacy, caller), instructions: offer.instructions
    ).encoded()
  }

  /// - Returns: JSON text of the result object.
  /// - Throws: what goes into the `error` member.
  func call(_ call: Request, era: Era, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8] {
    guard era == .modern, ModernRounds.methods.contains(call.method) else {
      return try await result(of: call, era, caller, context, after: nil)
    }
    return try await rounds.answer(call, caller, context) { context, before throws(RPCError) in
      try await result(of: call, era, caller, context, after: before)
    }
  }

  /// Nobody comes back to go on with a request.
  func endHeldCalls() { rounds.held.endAll() }

  /// - Parameter before: how far the request has come in earlier exchanges.
  private func result(
    of call: Request, _ era: Era, _ caller: Caller, _ context: RequestContext, after before: Repetition?
  ) async throws(RPCError) -> [UInt8] {
    switch call.method {
    case MethodName.ping where era == .legacy: return Array("{}".utf8)
    case MethodName.discover where era == .modern:
      let offer = try offer(caller, context)
      return DiscoverResult(serverInfo: .gateway, capabilities: capabilities(offer, .modern, caller), instructions: offer.instructions)
        .encoded()
    case MethodName.listen where era == .modern: return try await listen(call, caller, context)
    case MethodName.toolsCall: return try await callTool(call, era, caller, context, after: before)
    default: break
    }
    let offer = try offer(caller, context)
    if let kind = ItemKind.allCases.first(where: { $0.listMethod == call.method }) {
      return try await list(kind, offer, cursor: call.params?["cursor"], era, caller, context)
    }
    guard let names = offer.names else { throw .notOffered }
    let calls = federated(call, names, era, caller, context, after: before)
    switch call.method {
    case MethodName.promptsGet: return try await calls.getPrompt(ClientParams(call.params))
    case MethodName.resourcesRead: return try await calls.readResource(ClientParams(call.params))
    case MethodName.complete: return try await calls.complete(ClientParams(call.params))
    case MethodName.resourcesSubscribe, MethodName.resourcesUnsubscribe:
      guard let client = subscriptions.client(ofSession: context.session) else { throw .notOffered }
      guard call.method == MethodName.resourcesSubscribe else {
        try calls.unsubscribe(ClientParams(call.params), for: client)
        return Array("{}".utf8)
      }
      try await calls.subscribe(ClientParams(call.params), for: client, subscriptions)
      return Array("{}".utf8)
    default: throw .notOffered
    }
  }

  private func offer(_ caller: Caller, _ context: RequestContext) throws(RPCError) -> Offer {
    // The transport has asked `serves`, so this is not reached by requests that come through it.
    guard let offer = Offer(context.view, caller) else { throw .notOffered }
    return offer
  }

  private func list(
    _ kind: ItemKind, _ offer: Offer, cursor: RawJSON?, _ era: Era, _ caller: Caller, _ context: RequestContext
  ) async throws(RPCError) -> [UInt8] {
    var list = MergedList(kind)
    if kind == .tools, offer.hasGatewayTools {
      for tool in GatewayTool.listed { list.add(own: tool.definition, name: tool.name) }
    }
    if let names = offer.names { await FederatedLists(discovery: pipeline.discovery).add(to: &list, of: names, for: caller, context) }
    return try list.page(cursor, era: era)
  }

  private func callTool(
    _ call: Request, _ era: Era, _ caller: Caller, _ context: RequestContext, after before: Repetition?
  ) async throws(RPCError) -> [UInt8] {
    let params = call.params
    let offer = try offer(caller, context)
    guard let name = params?["name"]?.stringValue else { throw .invalidParams("tools/call needs name, a string.") }
    if offer.hasGatewayTools, let tool = GatewayTool(rawValue: name) {
      let arguments = params?["arguments"] ?? RawJSON(.object([:]))
      guard arguments.kind == .object else { throw .invalidParams("arguments must be an object.") }
      return await gatewayTools.call(tool, arguments, caller, context).encoded(modernFrom: era == .modern ? .gateway : nil)
    }
    guard let names = offer.names else { throw .invalidParams("Unknown tool: \(name.prefix(128))") }
    return try await federated(call, names, era, caller, context, after: before).callTool(ClientParams(params))
  }

  func federated(
    _ call: Request, _ names: FederatedNames, _ era: Era, _ caller: Caller, _ context: RequestContext, after before: Repetition?
  ) -> FederatedCalls {
    let mode = FederatedCalls.Rounds(after: before) { [rounds] in rounds.encode($0, of: call, caller, context) }
    return FederatedCalls(
      pipeline: pipeline, names: names, era: era, caller: caller, context: context, rounds: era == .modern ? mode : nil)
  }
}

extension RPCError {
  fileprivate static let notOffered = methodNotFound("The gateway does not offer this method.")
}

extension GatewayServer {
  /// Claims nothing that is not delivered.
  private func capabilities(_ offer: Offer, _ era: Era, _ caller: Caller) -> JSONValue {
    var capabilities: JSONObject = ["tools": ["listChanged": .bool(offer.hasFederatedItems)]]
    if era == .legacy { capabilities["logging"] = [:] }
    if offer.hasFederatedItems {
      capabilities["prompts"] = ["listChanged": true]
      capabilities["resources"] = [
        "subscribe": .bool(offer.names?.servers.contains { mayTellOfUpdates($0, caller) } ?? false), "listChanged": true,
      ]
      capabilities["completions"] = [:]
    }
    return .object(capabilities)
  }

  /// Servers say so when they are spoken to; of those that were not yet it is not known.
  private func mayTellOfUpdates(_ server: ServerEntry, _ caller: Caller) -> Bool {
    do throws(GatewayError) {
      return pipeline.upstream.mayTellOfUpdates(try caller.state.upstream(server, of: caller.mcpConfig))
    } catch {
      return false
    }
  }
}

extension Offer {
  fileprivate var instructions: String {
    var sentences = [
      "This gateway stands between you and other MCP servers: it knows you by your gateway key and checks what you send and what comes back."
    ]
    if hasFederatedItems { sentences.append("Their tools, prompts and resources are offered here as their servers describe them.") }
    if hasGatewayTools {
      sentences.append("List the servers with enkrypt_list_all_servers, and call their tools in batches with enkrypt_secure_call_tools.")
    }
    return sentences.joined(separator: " ")
  }
}
