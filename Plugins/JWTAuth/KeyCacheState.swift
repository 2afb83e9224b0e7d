internal import PluginSDK

/// What is known of the provider's keys, and what to do next: free of I/O and of clocks. Times are nanoseconds of one monotonic clock.
struct KeyCacheState: Sendable {
  struct Policy: Sendable {
    /// Keys of this age are asked for again.
    var refreshNanoseconds: UInt64
    /// Keys of this age are not believed any more.
    var keepNanoseconds: UInt64
    /// Between two questions lies at least so much, whatever tokens say.
    var pauseNanoseconds: UInt64
  }

  /// A set of keys, and how many were there before it.
  struct Held: Sendable {
    var keys: KeySet
    var generation: Int
    var loadedAt: UInt64
  }

  private let policy: Policy
  private(set) var held: Held?
  private var askedAt: UInt64?
  /// Why the last question had no usable answer.
  private(set) var failure: PluginError?

  init(_ policy: Policy) { self.policy = policy }

  enum Step {
    case use(KeySet, generation: Int)
    /// These are still good; newer ones should be asked for meanwhile.
    case useAndAsk(KeySet, generation: Int)
    /// There are none to use before somebody has asked.
    case ask
    case fail(PluginError)
  }

  /// For a token that comes now.
  func step(at now: UInt64) -> Step {
    guard let held, age(held, now) < policy.keepNanoseconds else {
      guard let failure, !mayAsk(at: now) else { return .ask }
      return .fail(failure)
    }
    let isOld = age(held, now) >= policy.refreshNanoseconds
    return isOld && mayAsk(at: now) ? .useAndAsk(held.keys, generation: held.generation) : .use(held.keys, generation: held.generation)
  }

  /// For a token whose key is not in the set of this generation: the provider may have changed its keys.
  func step(after generation: Int, at now: UInt64) -> Step? {
    if let held, held.generation > generation { return .use(held.keys, generation: held.generation) }
    if mayAsk(at: now) { return .ask }
    // Nobody knows whether the key is a new one.
    return failure.map { .fail($0) }
  }

  func mayAsk(at now: UInt64) -> Bool { askedAt.map { now &- $0 >= policy.pauseNanoseconds } ?? true }

  /// Whether a token that comes now has keys to be verified with, or may bring them.
  func canServe(at now: UInt64) -> Bool { failure == nil || held.map { age($0, now) < policy.keepNanoseconds } ?? false }

  private func age(_ held: Held, _ now: UInt64) -> UInt64 { now > held.loadedAt ? now - held.loadedAt : 0 }

  mutating func asks(at now: UInt64) { askedAt = now }

  mutating func received(_ keys: KeySet, at now: UInt64) {
    held = Held(keys: keys, generation: (held?.generation ?? 0) + 1, loadedAt: now)
    failure = nil
  }

  mutating func failed(_ error: PluginError) { failure = error }
}
