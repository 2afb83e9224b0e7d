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
    /// For so many reasons the child goes on without calls.
    var holds = 0
    var lastUsed: NIODeadline
    /// Children so far, this one included.
    var starts = 0
    var backOff = BackOff()
    var calls = CallHealth()
    /// Health checks in a row without an answer.
    var missedChecks = 0
    /// Whether it is tried again when its pause is over, and how often that was since the last answer.
    var mayRecover = false
    var recoveries = 0
    /// A failure that no child came back from yet.
    var isDown = false
    /// Nothing more is to be learned about why the last child failed.
    var isReasonFinal = false
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
    mutating func release(_ child: ChildID, isAnswered: Bool, now: NIODeadline) -> Bool {
      guard starts == child.start, isReady else { return false }
      inFlight -= 1
      lastUsed = now
      if isAnswered { answered() }
      return isRetired && inFlight == 0
    }

    private mutating func answered() {
      calls.answered()
      recoveries = 0
      if calls.isSound, backOff.failures > 0 { backOff = BackOff() }
    }

    mutating func fail(_ error: UpstreamError, countsAsFailure: Bool, now: NIODeadline) {
      var lifetime: TimeAmount?
      if case .ready(_, let since) = phase { lifetime = now - since }
      let pause = countsAsFailure ? backOff.pauseAfterFailure(lifetime: lifetime) : .zero
      down(error, until: now + pause)
      isReasonFinal = false
      isDown = isDown || countsAsFailure
      // A child that ends once in a while may do so on purpose.
      mayRecover = countsAsFailure && (pause > .zero || server.remote != nil)
      waiters = [:]
    }

    /// A child that is there but gives no answers is left behind. Its successor is tried after a pause, and is on probation.
    mutating func giveUp(_ error: UpstreamError, now: NIODeadline) {
      calls.beginProbation()
      down(error, until: now + backOff.pauseAfterSilence())
      isReasonFinal = true
      isDown = true
      mayRecover = true
    }

    private mutating func down(_ error: UpstreamError, until: NIODeadline) {
      phase = .failed(error, until: until)
      lastError = error
      inFlight = 0
      holds = 0
      missedChecks = 0
    }

    /// The reason of the failure turned out to be another.
    mutating func correct(_ error: UpstreamError) {
      guard case .failed(_, let until) = phase, !isReasonFinal else { return }
      phase = .failed(error, until: until)
      lastError = error
    }
  }
}
