internal import JSON

extension Discovery {
  /// Refuses to speak with a server whose endpoint is not the accepted one. The first is accepted.
  func expectEndpoint(_ server: ServerEntry, _ caller: Caller) async throws(GatewayError) {
    guard server.definitions.pinning != .off else { return }
    let sight = await pins.see(server.endpoint, of: PinKey(server, caller))
    guard server.definitions.pinning == .enforce else { return }
    if let failure = sight.failure { throw failure.forPins(of: server) }
    guard sight.value else { throw .endpointChanged(server) }
  }

  /// The same by what is in mind: for every way to the server, without waiting.
  func expectKnownEndpoint(_ server: ServerEntry, of configID: String) throws(GatewayError) {
    guard server.definitions.pinning == .enforce else { return }
    if let failure = pins.failure { throw failure.forPins(of: server) }
    guard let accepted = pins.index.servers[PinKey(configID: configID, server: server.name)]?.endpoint,
      accepted != server.endpoint.digest
    else { return }
    throw .endpointChanged(server)
  }

  /// Compares tools with those that were accepted, and holds back what differs where that is enforced.
  /// - Parameters:
  ///   - list: after guardrails.
  ///   - found: all that the server lists.
  func pinned(_ list: ItemList, _ found: Found, _ server: ServerEntry, _ caller: Caller) async throws(GatewayError) -> ItemList {
    guard server.definitions.pinning != .off, found.source == .discovery else { return list }
    let key = PinKey(server, caller)
    // As the server wrote them, denied ones too: that the configuration lets one be seen later does not make it new.
    let seen = found.items.filter { !list.isBlocked($0.name) }
    let sight = await pins.see(seen.map { SeenTool($0) }, others: Set(list.blocked.map(\.name)), of: key)
    let isEnforced = server.definitions.pinning == .enforce
    if let failure = sight.failure, isEnforced { throw failure.forPins(of: server) }
    let waiting = sight.value.filter { server.access(to: $0.key) == .allowed }
    var pinned = list
    if isEnforced, !waiting.isEmpty { pinned = list.keeping { waiting[$0.name] == nil } }
    pinned.awaiting = waiting.sorted { $0.key < $1.key }.map { name, change in
      ItemList.Awaiting(
        name: name, change: change.change, renamedFrom: change.renamedFrom, isHeldBack: isEnforced && change.change != .removed)
    }
    let index = pins.index
    for item in pinned.items.prefix(Limits.Pinning.maxComparedNames) {
      let others = index.shadowed(by: item.name, of: key).filter { caller.mcpConfig.server(named: $0) != nil }
      guard !others.isEmpty, pinned.shadows.count < Limits.Pinning.maxReportedShadows else { continue }
      pinned.shadows.append(ItemList.Shadow(name: item.name, others: others))
    }
    return pinned
  }
}

extension PinKey {
  init(_ server: ServerEntry, _ caller: Caller) { self.init(configID: caller.mcpConfig.id, server: server.name) }
}

extension GatewayError {
  static func endpointChanged(_ server: ServerEntry) -> GatewayError {
    var error = GatewayError(
      .discoveryToolValidationFailed,
      "Server '\(server.name)' is reached in another way than was approved, and waits for an administrator.",
      server: server.name,
      suggestions: ["`tools diff --server \(server.name)` shows the change, `tools approve --server \(server.name)` lets it pass."])
    error.reason = "endpoint_changed"
    return error
  }

  static func heldBack(_ waiting: ItemList.Awaiting, _ server: ServerEntry) -> GatewayError {
    let what = waiting.change == .added ? "is new and was not approved yet" : "is not what was approved"
    var error = GatewayError(
      .discoveryToolValidationFailed, "Tool '\(waiting.name)' of server '\(server.name)' \(what); it waits for an administrator.",
      server: server.name, tool: waiting.name,
      suggestions: ["`tools diff --server \(server.name)` shows the change, `tools approve --server \(server.name)` lets it pass."])
    error.reason = waiting.change == .added ? "tool_added" : "tool_changed"
    return error
  }

  /// Without the pins nothing can be compared, so nothing passes. The file is the operator's matter.
  fileprivate func forPins(of server: ServerEntry) -> GatewayError {
    var error = GatewayError(
      .discoveryToolValidationFailed, "Server '\(server.name)' cannot be compared with what was approved.",
      cause: message + (cause.map { " \($0)" } ?? ""), server: server.name)
    error.reason = "pins_unavailable"
    return error
  }
}
