internal import JSON
internal import MCP

/// Telling clients that their lists have changed.
extension GatewayServer {
  /// A session hears of every list that it is offered, from now to its end.
  /// - Parameter send: puts a message on the session's own stream.
  func follow(_ session: Session, _ caller: Caller, send: @escaping @Sendable ([UInt8]) -> Void) {
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
    link.send(Self.acknowledgement(of: wanted, subscription: id))
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

  /// What of the wishes is honoured.
  private static func acknowledgement(of wanted: [ListChange], subscription: RequestID) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { params in
      params.member("notifications", object: { filter in for list in wanted { filter.memberTrue(list.filter) } })
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
