internal import Synchronization

/// What one call came to.
///
/// Indirect, because an outcome is handed on several times and a reference is cheaper to copy than a verdict's six.
indirect enum CallOutcome: Sendable {
  case verdict(Verdict)
  case identity(Identity)
  case document(FetchedDocument)
  case done
  case refused(Refusal)
  case failed(PluginFailure)
}

/// What a call's completion must carry.
enum CallExpectation: Sendable {
  /// A verdict about these segments.
  case verdict([Segment])
  case identity
  case document
  /// No value: status and message say it all.
  case nothing
}

extension CallExpectation {
  /// Such a call may end in a "no".
  var isOfAuth: Bool {
    switch self {
    case .identity, .document: true
    case .verdict, .nothing: false
    }
  }
}

/// Every open call of every instance, by 64-bit handle: slot in the low half, the slot's generation in the high half. A handle that is late, double,
/// forged or another instance's finds nothing. Whoever takes a call out first decides its outcome; continuations resume outside the locks.
///
/// A call's life: `reserve` → (`enter`) → either `claim` + `deliver` (the plugin answered) or `finish` (the host decided) → `take` or `park` by its caller.
final class CallTable: Sendable {
  /// Who waits for a call. A class, because the size of a continuation is known only at run time, which would make every access to a slot slow.
  final class Waiter: Sendable {
    private let continuation: CheckedContinuation<CallOutcome, Never>
    init(_ continuation: CheckedContinuation<CallOutcome, Never>) { self.continuation = continuation }

    /// Once at most.
    func resume(_ outcome: CallOutcome) { continuation.resume(returning: outcome) }
  }

  /// What `finish` did.
  enum Finished: Sendable, Equatable {
    /// The call was over, or is being completed by the plugin at this moment.
    case lost
    /// The outcome is the caller's; `entered`: the plugin has seen the call.
    case won(entered: Bool)
  }

  private enum Phase { case free, open, claimed, done }

  private struct Slot {
    var generation: UInt32
    var phase = Phase.free
    var owner: UInt32 = 0
    /// Nanoseconds of CLOCK_MONOTONIC.
    var deadline: UInt64 = .max
    var traceparent = ""
    var isEntered = false
    var expectation = CallExpectation.nothing
    var outcome: CallOutcome?
    var waiter: Waiter?
  }

  private struct Slots {
    var slots: [Slot] = []
    var free: [UInt32] = []
  }

  private final class Shard: Sendable {
    let slots = Mutex(Slots())
  }

  private static let shardBits: UInt32 = 4
  private let shards: [Shard]
  private let slotsPerShard: UInt32
  private let nextShard = Atomic<UInt32>(0)

  init(capacity: Int = Limits.Plugin.maxOpenCalls) {
    shards = (0..<(1 << Self.shardBits)).map { _ in Shard() }
    slotsPerShard = UInt32(clamping: max(1, capacity >> Int(Self.shardBits)))
  }

  /// Opens a call of the instance `owner`; nil when too many are open.
  /// - Parameters:
  ///   - deadline: when its caller gives up, for `deadline(of:owner:)`; the table itself does not keep it.
  ///   - traceparent: where in a trace the call stands, for `traceparent(of:owner:)`.
  ///   - isEntered: the operation is about to be entered; otherwise `enter` must come first.
  func reserve(
    owner: UInt32, expecting expectation: CallExpectation, deadline: UInt64 = .max, traceparent: String = "", isEntered: Bool
  ) -> UInt64? {
    let start = nextShard.wrappingAdd(1, ordering: .relaxed).oldValue
    for step in 0..<UInt32(shards.count) {
      let shard = (start &+ step) & (UInt32(shards.count) - 1)
      if let call = reserve(in: shard, owner: owner, expecting: expectation, deadline, traceparent, isEntered) { return call }
    }
    return nil
  }

  private func reserve(
    in shard: UInt32, owner: UInt32, expecting expectation: CallExpectation, _ deadline: UInt64, _ traceparent: String,
    _ isEntered: Bool
  ) -> UInt64? {
    shards[Int(shard)].slots.withLock { state in
      let index: UInt32
      if let reused = state.free.popLast() {
        index = reused
      } else {
        guard state.slots.count < Int(slotsPerShard) else { return nil }
        index = UInt32(state.slots.count)
        state.slots.append(Slot(generation: UInt32.random(in: 1...UInt32.max)))
      }
      state.slots[Int(index)].phase = .open
      state.slots[Int(index)].owner = owner
      state.slots[Int(index)].deadline = deadline
      state.slots[Int(index)].traceparent = traceparent
      state.slots[Int(index)].expectation = expectation
      state.slots[Int(index)].isEntered = isEntered
      return UInt64(state.slots[Int(index)].generation) << 32 | UInt64(index << Self.shardBits | shard)
    }
  }

  /// Runs `body` on the call's slot; nil when the handle names no call that is still the table's.
  private func withSlot<Result>(_ call: UInt64, _ body: (inout Slot) -> (Result, release: Bool)?) -> Result? {
    let low = UInt32(truncatingIfNeeded: call)
    let index = Int(low >> Self.shardBits)
    return shards[Int(low) & (shards.count - 1)].slots.withLock { state in
      guard state.slots.indices.contains(index), state.slots[index].generation == UInt32(truncatingIfNeeded: call >> 32),
        state.slots[index].phase != .free, let (result, release) = body(&state.slots[index])
      else { return nil }
      if release {
        let next = state.slots[index].generation &+ 1
        state.slots[index] = Slot(generation: next == 0 ? 1 : next)
        state.free.append(UInt32(index))
      }
      return result
    }
  }

  /// The op is about to be entered. False: the call is over already, and the op must not run.
  func enter(_ call: UInt64) -> Bool {
    withSlot(call) { slot -> (Bool, release: Bool)? in
      guard slot.phase == .open else { return nil }
      slot.isEntered = true
      return (true, false)
    } ?? false
  }

  /// When an open call of `owner` ends at the latest; nil when there is no such call, or it is over.
  func deadline(of call: UInt64, owner: UInt32) -> UInt64? {
    withSlot(call) { slot -> (UInt64, release: Bool)? in
      slot.phase == .open && slot.owner == owner ? (slot.deadline, false) : nil
    }
  }

  /// Where in a trace an open call of `owner` stands; nil when there is no such call, it is over, or nothing is known.
  func traceparent(of call: UInt64, owner: UInt32) -> String? {
    withSlot(call) { slot -> (String, release: Bool)? in
      slot.phase == .open && slot.owner == owner && !slot.traceparent.isEmpty ? (slot.traceparent, false) : nil
    }
  }

  /// The plugin answers: from here on nobody else can end the call. nil: `SMG_E_STALE`. Must be followed by `deliver`.
  func claim(_ call: UInt64, owner: UInt32) -> CallExpectation? {
    withSlot(call) { slot in
      guard slot.phase == .open, slot.owner == owner else { return nil }
      slot.phase = .claimed
      return (slot.expectation, false)
    }
  }

  /// The outcome of a claimed call.
  func deliver(_ call: UInt64, _ outcome: CallOutcome) {
    let waiting = withSlot(call) { slot -> (Waiter?, release: Bool)? in
      guard slot.phase == .claimed else { return nil }
      return Self.settle(&slot, outcome)
    }
    if let waiting, let waiting { waiting.resume(outcome) }
  }

  /// The host ends a call: deadline, cancellation, a full queue, retirement.
  func finish(_ call: UInt64, _ failure: PluginFailure) -> Finished {
    let won = withSlot(call) { slot -> ((Waiter?, entered: Bool), release: Bool)? in
      guard slot.phase == .open else { return nil }
      let entered = slot.isEntered
      let (waiting, release) = Self.settle(&slot, .failed(failure))
      return ((waiting, entered), release)
    }
    guard let won else { return .lost }
    won.0?.resume(.failed(failure))
    return .won(entered: won.entered)
  }

  /// Stores the outcome for a caller that has yet to ask, or hands out the one that waits.
  private static func settle(_ slot: inout Slot, _ outcome: CallOutcome) -> (Waiter?, release: Bool) {
    if let waiting = slot.waiter { return (waiting, true) }
    slot.phase = .done
    slot.outcome = outcome
    return (nil, false)
  }

  /// The outcome when there is one already; the call is then closed.
  func take(_ call: UInt64) -> CallOutcome? {
    withSlot(call) { slot in
      guard slot.phase == .done, let outcome = slot.outcome else { return nil }
      return (outcome, true)
    }
  }

  /// Makes `waiter` wait, unless the outcome is there already: then it is returned, the call is closed, and the waiter is the caller's.
  func park(_ call: UInt64, _ waiter: Waiter) -> CallOutcome? {
    let settled: CallOutcome?? = withSlot(call) { slot -> (CallOutcome?, release: Bool)? in
      if slot.phase == .done, let outcome = slot.outcome { return (outcome, true) }
      slot.waiter = waiter
      return (nil, false)
    }
    // Only the caller closes a call without a waiter, so its slot is there.
    return settled ?? .failed(PluginFailure(.internal, "the call was closed twice"))
  }

  /// Every call of `owner` that can still be ended.
  /// - Parameter onlyEntered: those that the plugin has seen.
  func openCalls(of owner: UInt32, onlyEntered: Bool = false) -> [UInt64] {
    var calls: [UInt64] = []
    for (shard, entry) in shards.enumerated() {
      entry.slots.withLock { state in
        for (index, slot) in state.slots.enumerated()
        where slot.phase == .open && slot.owner == owner && (slot.isEntered || !onlyEntered) {
          calls.append(UInt64(slot.generation) << 32 | UInt64(UInt32(index) << Self.shardBits | UInt32(shard)))
        }
      }
    }
    return calls
  }

  /// Calls whose outcome nobody has taken yet.
  var count: Int { shards.reduce(0) { sum, shard in sum + shard.slots.withLock { $0.slots.count - $0.free.count } } }
}
