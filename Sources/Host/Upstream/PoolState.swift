internal import NIOCore

/// Which child serves which calls. A value without I/O or locks: the pool asks, does what it is told, and reports back.
///
/// A slot is a place for one child at a time, found by its key. It outlives its child when that fails, to remember for how long to leave
/// the server alone; it goes when the child goes in an orderly way.
struct PoolState<Connection: Sendable, Waiter: Sendable>: Sendable {
  /// One child: a slot and the how-manieth child of it. What is reported about an earlier child of a slot is ignored.
  struct ChildID: Sendable, Hashable {
    let slot: UInt64
    let start: Int
  }

  struct Lease: Sendable {
    let child: ChildID
    let connection: Connection
  }

  /// What became of a call that found no child ready.
  enum Admission: Sendable {
    case ready(Lease)
    /// Another call has begun to start the child.
    case wait
    /// The caller starts the child, reports `didLaunch` or `didFail`, and closes `evicting` to make room.
    case start(ChildID, evicting: Lease?)
    case refused(UpstreamError)
  }

  enum IdleCheck: Sendable {
    case close(Lease)
    case checkAgain(after: TimeAmount)
    case nothing
  }

  private enum Room {
    case none, free
    case evicting(Lease)
  }

  let capacity: PoolCapacity
  var slots: [UInt64: Slot] = [:]
  /// Children on their way out. Whoever is given one to close reports `didClose` when it is gone.
  var closing: [ChildID: Connection] = [:]
  /// Children of which it is not known yet whether they run.
  private(set) var launching: Set<ChildID> = []
  private(set) var isShuttingDown = false
  private var byKey: [UpstreamKey: UInt64] = [:]
  private var lastNumber: UInt64 = 0

  init(capacity: PoolCapacity) { self.capacity = capacity }

  // MARK: Calls

  /// The common case: a child is there. Ends with `release`.
  mutating func lease(_ key: UpstreamKey) -> Lease? {
    guard let number = byKey[key] else { return nil }
    return slots[number]?.lease(number)
  }

  /// A call for which `lease` found nothing. Whoever waits, or starts, is told by `didStart` or `didFail`.
  mutating func admit(
    _ key: UpstreamKey, server: UpstreamServer, waiter: Waiter, ticket: UInt64, now: NIODeadline
  ) -> Admission {
    guard !isShuttingDown else { return .refused(.shuttingDown) }
    if let lease = lease(key) { return .ready(lease) }
    guard let number = byKey[key], let slot = slots[number] else {
      return start(key, server: server, waiter: waiter, ticket: ticket, now: now)
    }
    if case .failed(let error, let until) = slot.phase {
      guard until <= now else { return .refused(Self.refusal(error, retryIn: until - now)) }
      return restart(number, slot, waiter: waiter, ticket: ticket)
    }
    guard slot.waiters.count < capacity.waiting else { return .refused(.overloaded) }
    slots[number]?.waiters[ticket] = waiter
    return .wait
  }

  /// Takes a waiter out of the queue, if it still is in one: its time is up or its task was cancelled.
  mutating func removeWaiter(ticket: UInt64) -> Waiter? {
    for number in slots.keys {
      if let waiter = slots[number]?.waiters.removeValue(forKey: ticket) { return waiter }
    }
    return nil
  }

  /// A call is over. The child is to be closed if it is retired and this was the last call.
  mutating func release(_ child: ChildID, isAnswered: Bool, now: NIODeadline) -> Lease? {
    let wasLast = slots[child.slot]?.release(child, isAnswered: isAnswered, now: now) ?? false
    return wasLast ? beginClosing(child.slot) : nil
  }

  /// A child goes on without calls, until `letGo`, its own end, or the end of its entry or session.
  mutating func hold(_ child: ChildID) {
    if current(child)?.isReady == true { slots[child.slot]?.holds += 1 }
  }

  mutating func letGo(_ child: ChildID, now: NIODeadline) {
    guard let slot = current(child), slot.isReady, slot.holds > 0 else { return }
    slots[child.slot]?.holds -= 1
    slots[child.slot]?.lastUsed = now
  }

  // MARK: Children

  func key(of child: ChildID) -> UpstreamKey? { current(child)?.key }

  /// A child runs, the handshake is still to come. If it is not wanted any more it is to be closed at once.
  mutating func didLaunch(_ child: ChildID, _ connection: Connection) -> Lease? {
    launching.remove(child)
    guard var slot = current(child), case .starting(nil) = slot.phase else {
      closing[child] = connection
      return Lease(child: child, connection: connection)
    }
    slot.phase = .starting(connection)
    slots[child.slot] = slot
    return nil
  }

  /// A child ended before it was ready, and another is started in its place, for those who wait. False if nobody wants that.
  mutating func willRelaunch(_ child: ChildID) -> Bool {
    guard !isShuttingDown, var slot = current(child), case .starting(.some) = slot.phase else { return false }
    slot.phase = .starting(nil)
    slots[child.slot] = slot
    launching.insert(child)
    return true
  }

  /// A child is ready. Returns who waits for it, each with a lease, and whether its server had failed before; nil if it is being closed already.
  mutating func didStart(_ child: ChildID, now: NIODeadline) -> (waiters: [Waiter], isReturn: Bool)? {
    guard var slot = current(child), case .starting(let connection?) = slot.phase else { return nil }
    let waiters = Array(slot.waiters.values)
    slot.phase = .ready(connection, since: now)
    let isReturn = slot.isDown
    slot.isDown = false
    slot.lastUsed = now
    slot.waiters = [:]
    slot.inFlight = waiters.count
    slots[child.slot] = slot
    return (waiters, isReturn)
  }

  /// A child could not be started, or ended although nobody wanted it to. Returns who waited for it, and what there is to close; nil if
  /// that is known already; then only the reason is noted. An end that does not count as a failure leads to no pause.
  mutating func didFail(
    _ child: ChildID, _ error: UpstreamError, countsAsFailure: Bool = true, now: NIODeadline
  ) -> (waiters: [Waiter], remains: Lease?)? {
    launching.remove(child)
    guard var slot = current(child) else { return nil }
    guard slot.isAlive else {
      slot.correct(error)
      slots[child.slot] = slot
      return nil
    }
    let waiters = Array(slot.waiters.values)
    let remains = slot.connection.map { Lease(child: child, connection: $0) }
    if let remains { closing[child] = remains.connection }
    slot.fail(error, countsAsFailure: countsAsFailure, now: now)
    slots[child.slot] = slot
    if slot.isRetired { remove(child.slot) }
    return (waiters, remains)
  }

  /// Nothing of a closing child is left.
  mutating func didClose(_ child: ChildID) { closing.removeValue(forKey: child) }

  mutating func checkIdle(_ child: ChildID, now: NIODeadline) -> IdleCheck {
    guard let slot = current(child), slot.isReady else { return .nothing }
    let idle = now - slot.lastUsed
    guard slot.inFlight == 0, slot.holds == 0 else { return .checkAgain(after: slot.server.idleTimeout) }
    guard idle >= slot.server.idleTimeout else { return .checkAgain(after: slot.server.idleTimeout - idle) }
    return beginClosing(child.slot).map { .close($0) } ?? .nothing
  }

  /// Takes matching slots out of service. Returns the children that nobody uses; the busy ones follow from `release`, or from `drain`
  /// when their time is up.
  mutating func retire(where matches: (Slot) -> Bool) -> (idle: [Lease], busy: [ChildID]) {
    var idle: [Lease] = []
    var busy: [ChildID] = []
    for (number, slot) in slots where !slot.isRetired && matches(slot) {
      if byKey[slot.key] == number { byKey.removeValue(forKey: slot.key) }
      slots[number]?.isRetired = true
      if !slot.isAlive {
        remove(number)
      } else if slot.isReady, slot.inFlight == 0, let lease = beginClosing(number) {
        idle.append(lease)
      } else {
        busy.append(ChildID(slot: number, start: slot.starts))
      }
    }
    return (idle, busy)
  }

  /// A retired child that still has calls, or never became ready, is closed all the same.
  mutating func drain(_ child: ChildID) -> (waiters: [Waiter], remains: Lease?) {
    guard let slot = current(child) else { return ([], nil) }
    return (Array(slot.waiters.values), beginClosing(child.slot))
  }

  /// Nothing is served any more. Returns who waits and what is to be closed; `didLaunch` turns away what is only just being started.
  mutating func shutDown() -> (waiters: [Waiter], remains: [Lease]) {
    isShuttingDown = true
    let waiters = slots.values.flatMap { Array($0.waiters.values) }
    let remains = Array(slots.keys).compactMap { beginClosing($0) }
    return (waiters, remains)
  }

  // MARK: Room

  private mutating func start(
    _ key: UpstreamKey, server: UpstreamServer, waiter: Waiter, ticket: UInt64, now: NIODeadline
  ) -> Admission {
    if slots.count >= capacity.slots { forgetFailures(before: now) }
    guard slots.count < capacity.slots else { return .refused(.overloaded) }
    lastNumber += 1
    let slot = Slot(key: key, server: server, lastUsed: now)
    let admission = restart(lastNumber, slot, waiter: waiter, ticket: ticket)
    if case .start = admission { byKey[key] = lastNumber }
    return admission
  }

  private mutating func restart(_ number: UInt64, _ slot: Slot, waiter: Waiter, ticket: UInt64) -> Admission {
    guard let (child, evicted) = begin(number, slot) else { return .refused(.overloaded) }
    slots[number]?.waiters[ticket] = waiter
    return .start(child, evicting: evicted)
  }

  /// The next child of a slot, if there is room for it.
  mutating func begin(_ number: UInt64, _ slot: Slot) -> (child: ChildID, evicted: Lease?)? {
    let room = makeRoom(for: slot.key, limit: slot.server.maxInstances)
    if case .none = room { return nil }
    var slot = slot
    slot.phase = .starting(nil)
    slot.starts += 1
    slots[number] = slot
    let child = ChildID(slot: number, start: slot.starts)
    launching.insert(child)
    if case .evicting(let lease) = room { return (child, lease) }
    return (child, nil)
  }

  /// - Parameter limit: how many children the server's entry allows.
  private mutating func makeRoom(for key: UpstreamKey, limit: Int) -> Room {
    guard closing.count < capacity.closing else { return .none }
    let alive = slots.filter { $0.value.isAlive }
    let siblings = alive.filter { $0.value.key.configID == key.configID && $0.value.key.server == key.server }
    if siblings.count >= min(capacity.childrenPerServer, limit) { return evictLongestIdle(of: siblings) }
    if alive.count >= capacity.children { return evictLongestIdle(of: alive) }
    return .free
  }

  private mutating func evictLongestIdle(of candidates: [UInt64: Slot]) -> Room {
    let idle = candidates.filter { $0.value.isReady && $0.value.inFlight == 0 && $0.value.holds == 0 }
    guard let victim = idle.min(by: { $0.value.lastUsed < $1.value.lastUsed }), let lease = beginClosing(victim.key) else {
      return .none
    }
    return .evicting(lease)
  }

  private mutating func forgetFailures(before now: NIODeadline) {
    for (number, slot) in slots {
      if case .failed(_, let until) = slot.phase, until <= now { remove(number) }
    }
  }

  /// The slot goes; what there is of its child is closing.
  private mutating func beginClosing(_ number: UInt64) -> Lease? {
    guard let slot = slots[number] else { return nil }
    remove(number)
    guard let connection = slot.connection else { return nil }
    let lease = Lease(child: ChildID(slot: number, start: slot.starts), connection: connection)
    closing[lease.child] = connection
    return lease
  }

  mutating func remove(_ number: UInt64) {
    guard let slot = slots.removeValue(forKey: number) else { return }
    if byKey[slot.key] == number { byKey.removeValue(forKey: slot.key) }
  }

  func current(_ child: ChildID) -> Slot? {
    guard let slot = slots[child.slot], slot.starts == child.start else { return nil }
    return slot
  }

  private static func refusal(_ error: UpstreamError, retryIn pause: TimeAmount) -> UpstreamError {
    let seconds = (pause.nanoseconds + 999_999_999) / 1_000_000_000
    return .cannotStart("it failed and is left alone for \(seconds) s; the last failure: \(error.operatorText)")
  }
}

/// How many there may be of everything; see `Limits.Upstream`.
struct PoolCapacity: Sendable {
  var children = Limits.Upstream.maxChildren
  var childrenPerServer = Limits.Upstream.maxChildrenPerServer
  var closing = Limits.Upstream.maxClosingChildren
  var waiting = Limits.Upstream.maxWaitingCalls
  var slots = Limits.Upstream.maxSlots
}
