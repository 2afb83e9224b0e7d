internal import JSON
internal import MCP
internal import Synchronization

/// The resources of whose changes one client hears: those of a session, or those of one `subscriptions/listen`. Updates reach the client in order, each judged
/// first, none twice while it waits. Usable from any thread.
final class ClientSubscriptions: Sendable {
  private struct Update: Sendable {
    let resource: FollowedResource
    let params: RawJSON
    let uri: String
  }
  private struct State {
    var resources: [String: FollowedResource] = [:]
    var waiting: [Update] = []
    /// Updates wait until the client knows what it is told.
    var isHeld: Bool
    var isWorking = false
    var isEnded = false

    /// True when work is to begin now.
    mutating func beginWork() -> Bool {
      guard !isHeld, !isWorking, !waiting.isEmpty else { return false }
      isWorking = true
      return true
    }
  }

  let principal: String
  /// The id of the request by which a client of 2026-07-28 listens.
  private let subscription: RequestID?
  private let hub: ResourceSubscriptions
  private let send: @Sendable ([UInt8]) -> Void
  private let state: Mutex<State>

  init(principal: String, subscription: RequestID?, hub: ResourceSubscriptions, send: @escaping @Sendable ([UInt8]) -> Void) {
    self.principal = principal
    self.subscription = subscription
    self.hub = hub
    self.send = send
    state = Mutex(State(isHeld: subscription != nil))
  }

  // MARK: Resources

  var resources: [FollowedResource] { state.withLock { $0.resources.sorted { $0.key < $1.key }.map(\.value) } }

  /// - Returns: false when the client hears of it already.
  /// - Throws: when it hears of too many.
  func add(_ resource: FollowedResource) throws(RPCError) -> Bool {
    guard resource.uri.utf8.count <= Limits.Session.maxFollowedURIBytes else {
      throw .invalidParams("uri is longer than \(Limits.Session.maxFollowedURIBytes) bytes.")
    }
    if state.withLock({ $0.resources[resource.uri] != nil }) { return false }
    guard hub.count(1, of: principal) else { throw .tooManyFollowed }
    let refusal: RPCError? = state.withLock { state in
      guard !state.isEnded, state.resources.count < Limits.Session.maxFollowedResources else { return .tooManyFollowed }
      guard state.resources[resource.uri] == nil else { return .invalidRequest("the same is being asked for at this moment") }
      state.resources[resource.uri] = resource
      return nil
    }
    guard let refusal else { return true }
    _ = hub.count(-1, of: principal)
    throw refusal
  }

  func remove(_ uri: String) {
    guard let resource = state.withLock({ $0.resources.removeValue(forKey: uri) }) else { return }
    leave([resource])
  }

  /// What could not be had, unless the client has asked for the same again meanwhile.
  func remove(_ resource: FollowedResource) {
    let isThere = state.withLock { state in
      guard state.resources[resource.uri] === resource else { return false }
      state.resources[resource.uri] = nil
      return true
    }
    if isThere { leave([resource]) }
  }

  /// The client knows what it will be told.
  func release() {
    let begins = state.withLock { state in
      state.isHeld = false
      return state.beginWork()
    }
    if begins { hub.spawn { await self.work() } }
  }

  /// The client is gone.
  func end() {
    let resources = state.withLock { state in
      state.isEnded = true
      defer { (state.resources, state.waiting) = ([:], []) }
      return Array(state.resources.values)
    }
    leave(resources)
  }

  private func leave(_ resources: [FollowedResource]) {
    for resource in resources {
      if let wish = resource.end() { hub.leave(wish) }
    }
    _ = hub.count(-resources.count, of: principal)
  }

  // MARK: Updates

  /// Called on the server's event loop.
  func updated(_ resource: FollowedResource, _ notification: MCP.Notification) {
    guard let params = notification.params, let uri = params["uri"]?.stringValue else { return }
    let begins = state.withLock { state in
      guard !state.isEnded, state.waiting.count < Limits.Session.maxUpdatesUnderWay,
        !state.waiting.contains(where: { $0.resource === resource && $0.uri == uri })
      else { return false }
      state.waiting.append(Update(resource: resource, params: params, uri: uri))
      return state.beginWork()
    }
    if begins { hub.spawn { await self.work() } }
  }

  private func work() async {
    while let next = take() {
      guard let params = await hub.judged(next.params, of: next.resource), let message = message(params, of: next.resource) else {
        continue
      }
      // What was left meanwhile is not told any more.
      if state.withLock({ $0.resources[next.resource.uri] === next.resource }) { send(message) }
    }
  }

  private func take() -> Update? {
    state.withLock { state in
      state.isWorking = !state.waiting.isEmpty
      return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }
  }

  /// As the server said it, but for the name of the resource and what concerns one hop only.
  private func message(_ params: RawJSON, of resource: FollowedResource) -> [UInt8]? {
    guard let uri = params["uri"], uri.kind == .string else { return nil }
    var writer = JSONWriter(reservingBytes: params.bytes.count + 128)
    writer.object { writer in
      writer.key("uri")
      writer.raw(resource.name(of: uri))
      for (key, value) in params.members where !["uri", "_meta"].contains(key.stringValue) { writer.member(key, value.compacted()) }
      let meta = params["_meta"]?.members.filter { !Self.isOwnedHere($0.key) } ?? []
      guard subscription != nil || !meta.isEmpty else { return }
      writer.key("_meta")
      writer.object { writer in
        for (key, value) in meta { writer.member(key, value.compacted()) }
        if let subscription { writer.subscription(subscription) }
      }
    }
    return Encode.notification(method: MethodName.resourceUpdated, params: writer.bytes)
  }

  private static func isOwnedHere(_ key: RawJSON) -> Bool {
    key.stringValue.map { ForwardedRequest.isHopOwned($0) || $0.hasPrefix(GatewayMetaKey.namespace) } ?? true
  }
}

extension RPCError {
  fileprivate static let tooManyFollowed = internalError("changes of too many resources are heard of already")
}
