internal import JSON
internal import MCP

/// Telling clients that their lists have changed.
extension GatewayServer {
  /// A session hears of every list that it is offered, from now to its end.
  /// - Parameter send: puts a message on the session's own stream.
  func follow(_ session: Session, _ caller: Caller, send: @escaping @Sendable ([UInt8]) -> Void) {
    let client = subscriptions.open(principal: caller.principal, session: session.id, send: send)
    session.atEnd { [subscriptions, id = session.id] in subscriptions.close(client, session: id) }
    guard let offer = Offer(session.view, caller), offer.hasFederatedItems else { return }
    let audience = ChangeHub.Audience(
      projectID: caller.projectID, configID: caller.mcpConfig.id, view: session.view, wants: Set(ListChange.allCases),
      deliver: { change in session.whenInitialized(change.rawValue) { send(change.notification()) } }, onEnd: {})
    guard let number = changes.add(audience) else { return }
    session.atEnd { [changes] in changes.remove(number) }
  }

  /// `subscriptions/listen` (2026-07-28): its answer is a stream of notifications that ends when the client leaves or the gateway stops.
  func listen(_ call: Request, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8] {
    guard let filter = call.params?["notifications"], filter.kind == .object else {
      throw .invalidParams("subscriptions/listen needs notifications, an object.")
    }
    guard let link = context.link, let offer = Offer(context.view, caller) else {
      throw .methodNotFound("The gateway cannot tell of changes here.")
    }
    let wanted = offer.hasFederatedItems ? ListChange.allCases.filter { filter[$0.filter]?.boolValue == true } : []
    let id = call.id
    let client = subscriptions.open(principal: caller.principal, subscription: id) { link.send($0) }
    defer { subscriptions.close(client) }
    let followed = try await follow(try Self.resources(filter), for: client, call, offer, caller, context)
    link.send(Self.acknowledgement(of: wanted, followed, subscription: id))
    client.release()
    let (ended, end) = AsyncStream.makeStream(of: Never.self)
    let number = changes.add(
      ChangeHub.Audience(
        projectID: caller.projectID, configID: caller.mcpConfig.id, view: context.view, wants: Set(wanted),
        deliver: { link.send($0.notification(subscription: id)) }, onEnd: { end.finish() }))
    if let number {
      for await _ in ended {}
      changes.remove(number)
    }
    var writer = JSONWriter()
    writer.object { result in
      result.member("resultType", "complete")
      result.member("_meta", object: { $0.subscription(id) })
    }
    return writer.bytes
  }

  private static func resources(_ filter: RawJSON) throws(RPCError) -> [String] {
    guard let list = filter["resourceSubscriptions"], !list.isNull else { return [] }
    let uris = list.elements.compactMap(\.stringValue)
    guard list.kind == .array, uris.count == list.itemCount else {
      throw .invalidParams("resourceSubscriptions must be an array of strings.")
    }
    guard uris.count <= Limits.Session.maxFollowedResources else {
      throw .invalidParams("resourceSubscriptions may name at most \(Limits.Session.maxFollowedResources) resources.")
    }
    var seen: Set<String> = []
    return uris.filter { seen.insert($0).inserted }
  }

  /// Asks the servers side by side.
  /// - Returns: the resources of which they tell. What is denied, unknown or refused is not among them.
  private func follow(
    _ uris: [String], for client: ClientSubscriptions, _ call: Request, _ offer: Offer, _ caller: Caller, _ context: RequestContext
  ) async throws(RPCError) -> [String] {
    guard let names = offer.names, !uris.isEmpty else { return [] }
    let calls = federated(call, names, .modern, caller, context, after: nil)
    let timeout = caller.state.config.common.timeouts.discovery
    let followed = await withTaskGroup(of: String?.self) { group in
      var followed: Set<String> = []
      for (index, uri) in uris.enumerated() {
        if index >= Limits.Upstream.maxFollowsAtOnce, let done = await group.next() ?? nil { followed.insert(done) }
        group.addTask {
          let params = ClientParams(RawJSON(["uri": .string(uri)]))
          do throws(RPCError) { try await calls.subscribe(params, for: client, subscriptions, timeout: timeout) } catch { return nil }
          return uri
        }
      }
      return await group.reduce(into: followed) { if let done = $1 { $0.insert(done) } }
    }
    return uris.filter { followed.contains($0) }
  }

  /// What of the wishes is honoured.
  private static func acknowledgement(of wanted: [ListChange], _ followed: [String], subscription: RequestID) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { params in
      params.member(
        "notifications",
        object: { filter in
          for list in wanted { filter.memberTrue(list.filter) }
          guard !followed.isEmpty else { return }
          filter.key("resourceSubscriptions")
          filter.array { list in for uri in followed { list.string(uri) } }
        })
      params.member("_meta", object: { $0.subscription(subscription) })
    }
    return Encode.notification(method: MethodName.acknowledged, params: writer.bytes)
  }
}

extension JSONWriter {
  fileprivate mutating func memberTrue(_ name: String) {
    key(name)
    bool(true)
  }
}
