internal import NIOCore

extension PoolState {
  /// A place for one child at a time.
  struct Slot: Sendable {
    enum Phase: Sendable {
      /// Nil until the child runs.
      case starting(Connection?)
      case ready(Connection, since: NIODeadline)
      case failed(UpstreamError, until: NIODeadline)
    }

    let key: UpstreamKey
    let server: UpstreamServer
    var phase = Phase.starting(nil)
    var inFlight = 0
    var lastUsed: NIODeadline
    /// Children so far, this one included.
    var starts = 0
    var backOff = BackOff()
    var lastError: UpstreamError?
    /// Takes no new calls; goes when its calls are done.
    var isRetired = false
    /// Calls that wait for the child to be ready, by ticket.
    var waiters: [UInt64: Waiter] = [:]

    init(key: UpstreamKey, server: UpstreamServer, lastUsed: NIODeadline) {
      self.key = key
      self.server = server
      self.lastUsed = lastUsed
    }

    var isReady: Bool { if case .ready = phase { true } else { false } }

    /// There is a child, or one is being started.
    var isAlive: Bool { if case .failed = phase { false } else { true } }

    var connection: Connection? {
      switch phase {
      case .starting(let connection): connection
      case .ready(let connection, _): connection
      case .failed: nil
      }
    }

    // The next two stand in every call's way, and so change a slot where it lies instead of copying it out of the pool and back.

    mutating func lease(_ number: UInt64) -> Lease? {
      guard case .ready(let connection, _) = phase else { return nil }
      inFlight += 1
      return Lease(child: ChildID(slot: number, start: starts), connection: connection)
    }

    /// True if the child has no further call and gets none.
    mutating func release(_ child: ChildID, now: NIODeadline) -> Bool {
      guard starts == child.start, isReady else { return false }
      inFlight -= 1
      lastUsed = now
      return isRetired && inFlight == 0
    }

    mutating func fail(_ error: UpstreamError, countsAsFailure: Bool, now: NIODeadline) {
      var lifetime: TimeAmount?
      if case .ready(_, let since) = phase { lifetime = now - since }
      phase = .failed(error, until: countsAsFailure ? now + backOff.pauseAfterFailure(lifetime: lifetime) : now)
      lastError = error
      inFlight = 0
      waiters = [:]
    }

    /// The reason of the failure turned out to be another.
    mutating func correct(_ error: UpstreamError) {
      guard case .failed(_, let until) = phase else { return }
      phase = .failed(error, until: until)
      lastError = error
    }
  }
}
