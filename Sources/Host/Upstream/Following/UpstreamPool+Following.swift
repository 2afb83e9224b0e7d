internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

extension UpstreamPool {
  typealias Following = FollowState<Follower, FollowWaiter>
  /// Takes an update; called on the server's event loop, must not wait.
  typealias Follower = @Sendable (MCP.Notification) -> Void
  /// Told nil once the server tells of the resource, or why it does not.
  typealias FollowWaiter = CheckedContinuation<Result<RPCError?, UpstreamError>, Never>

  /// What became of a wish to hear of a resource.
  enum Followed: Sendable {
    case followed(Following.Wish)
    case refused(RPCError)
  }

  /// Hears of changes of a resource from now on, in the conversation of this target, and in the next one when that ends, until `unfollow`. A conversation in
  /// which a resource is followed is not idle.
  func follow(
    _ target: UpstreamTarget, _ uri: String, deadline: NIODeadline, follower: @escaping Follower
  ) async throws(UpstreamError) -> Followed {
    let wish = Following.Wish(key: UpstreamKey(target), uri: uri, number: following.withLock { $0.newNumber() })
    let eventLoop = group.any()
    let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(wish, .timedOut(.request)) }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: FollowWaiter) in
        let admission = following.withLock { $0.add(wish, follower, waiter: waiter) }
        if case .followed = admission { waiter.resume(returning: .success(nil)) }
        work(on: wish, admission, target, eventLoop)
        if Task.isCancelled { giveUp(wish, .cancelled) }
        if deadline <= .now() { giveUp(wish, .timedOut(.request)) }
      }
    } onCancel: {
      giveUp(wish, .cancelled)
    }
    if let refusal = try result.get() { return .refused(refusal) }
    return .followed(wish)
  }

  /// The same for who had heard of it until now, and goes on as soon as that is possible. Told once that something may have been missed.
  func followLater(_ target: UpstreamTarget, _ uri: String, follower: @escaping Follower) -> Following.Wish {
    let wish = Following.Wish(key: UpstreamKey(target), uri: uri, number: following.withLock { $0.newNumber() })
    let admission = following.withLock { $0.add(wish, follower, waiter: nil) }
    if case .followed = admission { follower(Self.updateNotification(of: uri)) }
    work(on: wish, admission, target, group.any())
    return wish
  }

  private func work(on wish: Following.Wish, _ admission: Following.Admission, _ target: UpstreamTarget, _ eventLoop: any EventLoop) {
    switch admission {
    case .followed: break
    case .waits: wake(wish.key)
    case .starts:
      Task(executorPreference: LoopExecutor(eventLoop)) { await FollowWorker(pool: self, target: target, eventLoop: eventLoop).run() }
    }
  }

  fileprivate static func updateNotification(of uri: String) -> MCP.Notification {
    MCP.Notification(method: MethodName.resourceUpdated, params: RawJSON(["uri": .string(uri)]))
  }

  func unfollow(_ wish: Following.Wish) {
    _ = following.withLock { $0.remove(wish) }
    wake(wish.key)
  }

  private func giveUp(_ wish: Following.Wish, _ error: UpstreamError) {
    // Only who still waits gives up: the timer may fire when the wish is granted.
    guard let waiter = following.withLock({ state in state.isWaiting(wish) ? state.remove(wish) : nil }) else { return }
    wake(wish.key)
    waiter.resume(returning: .failure(error))
  }

  /// A server says that a resource has changed.
  func updated(_ key: UpstreamKey, _ notification: MCP.Notification) {
    guard let uri = notification.params?["uri"]?.stringValue else { return }
    for follower in following.withLock({ $0.followers(key, of: uri) }) { follower(notification) }
  }

  private func wake(_ key: UpstreamKey) { _ = followSignals.withLock { $0[key] }?.continuation.yield() }

  /// Whether the server may tell of changes of resources: what it announced when it was last spoken to; until then, perhaps.
  func mayTellOfUpdates(_ server: UpstreamServer) -> Bool { announcements[server] ?? true }
}

/// What wakes the worker of a conversation.
struct FollowSignal: Sendable {
  let worker: Int
  let continuation: AsyncStream<Void>.Continuation
}

/// Keeps the resources of one conversation followed, as long as anybody wants any of them.
private struct FollowWorker: Sendable {
  let pool: UpstreamPool
  let target: UpstreamTarget
  let eventLoop: any EventLoop

  private var key: UpstreamKey { UpstreamKey(target) }

  func run() async {
    let number = pool.following.withLock { $0.newNumber() }
    let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    pool.followSignals.withLock { $0[key] = FollowSignal(worker: number, continuation: signal) }
    defer {
      // Another worker may have begun meanwhile.
      pool.followSignals.withLock { if $0[key]?.worker == number { $0[key] = nil } }
    }
    var backOff = BackOff()
    while true {
      var lifetime: TimeAmount?
      do throws(UpstreamError) {
        let lease = try await pool.hold(target, deadline: .now() + target.server.startTimeout)
        let since = NIODeadline.now()
        let isOver = await serve(lease.connection, signals, signal)
        pool.letGo(lease)
        if isOver { return }
        lifetime = .now() - since
        pool.following.withLock { $0.didEnd(key) }
      } catch {
        for waiter in pool.following.withLock({ $0.didFail(key) }) { waiter.resume(returning: .failure(error)) }
        if case .shuttingDown = error { return }
      }
      if case .end = pool.following.withLock({ $0.next(key) }) { return }
      // A new wish is not left to wait: the pool itself knows how long to leave a server alone.
      let timer = eventLoop.scheduleTask(in: backOff.pauseAfterFailure(lifetime: lifetime)) { signal.yield() }
      await Self.next(signals)
      timer.cancel()
    }
  }

  /// Returns at the next signal, which may have been given already.
  private static func next(_ signals: AsyncStream<Void>) async { for await _ in signals { return } }

  /// - Returns: true when nothing is wanted any more, false when the conversation is over.
  private func serve(
    _ connection: any UpstreamConnection, _ signals: AsyncStream<Void>, _ signal: AsyncStream<Void>.Continuation
  ) async -> Bool {
    let gone = Flag()
    connection.gone.whenComplete { _ in
      gone.set()
      signal.yield()
    }
    while !gone.isSet {
      switch pool.following.withLock({ $0.next(key) }) {
      case .end: return true
      case .rest: await Self.next(signals)
      case .follow(let uris): guard await follow(uris, connection) else { return false }
      case .unfollow(let uris):
        for uri in uris { await connection.unfollow(uri, deadline: .now() + Limits.Upstream.followTimeout) }
      }
    }
    return false
  }

  /// - Returns: false when the conversation is over.
  private func follow(_ uris: [String], _ connection: any UpstreamConnection) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      var isStanding = true
      for (index, uri) in uris.enumerated() {
        if index >= Limits.Upstream.maxFollowsAtOnce { isStanding = await group.next() ?? true && isStanding }
        group.addTask { await follow(uri, connection) }
      }
      return await group.reduce(isStanding) { $0 && $1 }
    }
  }

  private func follow(_ uri: String, _ connection: any UpstreamConnection) async -> Bool {
    do throws(CallFailure) {
      if let refusal = try await connection.follow(uri, deadline: .now() + Limits.Upstream.followTimeout) {
        for waiter in pool.following.withLock({ $0.didRefuse(key, uri) }) { waiter.resume(returning: .success(refusal)) }
        return true
      }
      guard let (waiters, others) = pool.following.withLock({ $0.didFollow(key, uri) }) else { return true }
      for waiter in waiters { waiter.resume(returning: .success(nil)) }
      // They had followed it in an earlier conversation, and what happened in between was told to nobody.
      for follower in others { follower(UpstreamPool.updateNotification(of: uri)) }
      return true
    } catch {
      guard case .failed(let reason) = error else { return false }
      for waiter in pool.following.withLock({ $0.didRefuse(key, uri) }) { waiter.resume(returning: .failure(reason)) }
      return true
    }
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
