internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// All clients that hear of changes of resources, and what they have in common. Usable from any thread.
package final class ResourceSubscriptions: Sendable {
  private struct State {
    /// Those of sessions, by the session's id.
    var sessions: [String: ClientSubscriptions] = [:]
    var clients: [ObjectIdentifier: ClientSubscriptions] = [:]
    /// How many resources are heard of, by principal.
    var counts: [String: Int] = [:]
  }
  private let state = Mutex(State())
  private let pipeline: Pipeline

  package init(pipeline: Pipeline) { self.pipeline = pipeline }

  // MARK: Clients

  /// - Parameter session: whose they are; nil: of one `subscriptions/listen`.
  func open(
    principal: String, session: String? = nil, subscription: RequestID? = nil, send: @escaping @Sendable ([UInt8]) -> Void
  ) -> ClientSubscriptions {
    let client = ClientSubscriptions(principal: principal, subscription: subscription, hub: self, send: send)
    state.withLock { state in
      state.clients[ObjectIdentifier(client)] = client
      if let session { state.sessions[session] = client }
    }
    return client
  }

  func client(ofSession id: String?) -> ClientSubscriptions? { id.flatMap { id in state.withLock { $0.sessions[id] } } }

  func close(_ client: ClientSubscriptions, session: String? = nil) {
    state.withLock { state in
      state.clients[ObjectIdentifier(client)] = nil
      if let session { state.sessions[session] = nil }
    }
    client.end()
  }

  /// Adds to how many resources a principal hears of.
  /// - Returns: false when there would be too many; then nothing is added.
  func count(_ change: Int, of principal: String) -> Bool {
    state.withLock { state in
      let count = state.counts[principal, default: 0] + change
      guard change <= 0 || count <= Limits.Session.maxFollowedResourcesPerPrincipal else { return false }
      state.counts[principal] = count > 0 ? count : nil
      return true
    }
  }

  func spawn(_ work: @escaping @Sendable () async -> Void) {
    Task(executorPreference: pipeline.discovery.catalogue.executor) { await work() }
  }

  // MARK: Servers

  /// Has a server tell of changes of a resource.
  func establish(
    _ resource: FollowedResource, for client: ClientSubscriptions, _ target: UpstreamTarget, _ uri: String, deadline: NIODeadline
  ) async -> Result<RPCError?, UpstreamError> {
    do throws(UpstreamError) {
      switch try await pipeline.upstream.follow(target, uri, deadline: deadline, follower: follower(resource, client)) {
      case .refused(let error): return .success(error)
      case .followed(let wish):
        if !resource.didFollow(wish, uri) { leave(wish) }
        return .success(nil)
      }
    } catch {
      return .failure(error)
    }
  }

  private func follower(_ resource: FollowedResource, _ client: ClientSubscriptions) -> UpstreamPool.Follower {
    { [weak client] notification in client?.updated(resource, notification) }
  }

  func leave(_ wish: UpstreamPool.Following.Wish) { pipeline.upstream.unfollow(wish) }

  /// The configuration has changed: servers whose entries did are followed anew, as they are described now, and what is not offered any more is left.
  func renew(_ new: GatewayState) {
    for client in state.withLock({ Array($0.clients.values) }) {
      for resource in client.resources { renew(resource, of: client, new) }
    }
  }

  private func renew(_ resource: FollowedResource, of client: ClientSubscriptions, _ new: GatewayState) {
    guard let (wish, uri) = resource.following else { return }
    let (caller, server) = resource.owner
    guard let mcpConfig = new.mcpConfig(of: caller), let entry = mcpConfig.server(named: server.name) else {
      return client.remove(resource)
    }
    do throws(GatewayError) {
      try pipeline.discovery.expectKnownEndpoint(entry, of: mcpConfig.id)
      let target = UpstreamTarget(
        principal: caller.principal, session: resource.request.session, server: try new.upstream(entry, of: mcpConfig),
        clientCapabilities: resource.capabilities)
      guard UpstreamKey(target) != wish.key else { return }
      leave(wish)
      let next = pipeline.upstream.followLater(target, uri, follower: follower(resource, client))
      if !resource.didFollow(next, uri) { leave(next) }
    } catch {
      pipeline.observation.log.warning(
        "Changes of a resource are not heard of any more", ["server": server.name, "reason": error.cause ?? error.message])
      client.remove(resource)
    }
  }

  // MARK: Updates

  /// What of an update its client may hear: what it may read, as the guardrails let it pass. Nil: nothing.
  func judged(_ params: RawJSON, of resource: FollowedResource) async -> RawJSON? {
    let (before, entry) = resource.owner
    do throws(GatewayError) {
      let (caller, server) = try await pipeline.readmitted(resource.call, on: entry, for: before, resource.request)
      if caller !== before { resource.renew(caller, server) }
      if let uri = params["uri"]?.stringValue, uri != resource.following?.uri {
        // Something inside of what was asked for.
        let inner = ForwardedRequest(target: .subscription(uri: uri), content: params, base: "/params")
        try await pipeline.discovery.admit(inner, on: server, for: caller, resource.request)
      }
      let (passed, report) = await pipeline.screenSaid(
        params, .output, MethodName.resourceUpdated, base: "/params", of: resource.call, on: server, for: caller, resource.request, nil)
      return report.isBlocked ? nil : passed
    } catch {
      pipeline.observation.log.debug("An update of a resource was dropped", ["server": entry.name, "reason": error.message])
      return nil
    }
  }
}
