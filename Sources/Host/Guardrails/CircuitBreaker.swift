package import NIOCore

/// `breaker` of a guardrail binding: when it is not asked any more, and for how long.
package struct BreakerSettings: Sendable, Hashable {
  /// `failures`: so many in a row open the breaker; 0: it never opens.
  package var failures = Limits.Guardrails.breakerFailures
  /// `pause`: how long it stays open before a check may try again.
  package var pause = Limits.Guardrails.breakerPause

  package init() {}
}

/// Keeps callers from waiting for a guardrail that gives no verdicts. Closed: every check is made. Open: none is, until the pause is over. Then one check
/// is the trial: a verdict closes the breaker, a failure opens it for another pause. Knows nothing of threads.
struct CircuitBreaker: Sendable {
  enum Phase: Sendable, Equatable {
    case closed(failures: Int)
    case open(until: NIODeadline)
    /// One check is under way.
    case trial
  }

  /// Permission for one check. What it ends with counts only while the breaker is in the phase that gave it.
  struct Ticket: Sendable {
    fileprivate let generation: UInt64
  }

  /// How a check ended, as far as it says something about the guardrail.
  enum Ending: Sendable {
    case verdict
    /// `retryAfter`: the provider's advice; zero: none.
    case failure(retryAfter: TimeAmount)
    /// The caller gave up, or asked what could not be answered.
    case neither
  }

  let settings: BreakerSettings
  private(set) var phase = Phase.closed(failures: 0)
  /// How often it opened.
  private(set) var openings: UInt64 = 0
  private var generation: UInt64 = 0

  init(_ settings: BreakerSettings) { self.settings = settings }

  /// Nil: do not ask.
  mutating func admit(now: NIODeadline) -> Ticket? {
    switch phase {
    case .closed: return Ticket(generation: generation)
    case .trial: return nil
    case .open(let until):
      guard now >= until else { return nil }
      enter(.trial)
      return Ticket(generation: generation)
    }
  }

  /// - Returns: whether the breaker opened or closed by it.
  mutating func note(_ ending: Ending, of ticket: Ticket, now: NIODeadline) -> Bool {
    guard ticket.generation == generation else { return false }
    switch (phase, ending) {
    case (.closed(let failures), .failure(let retryAfter)):
      guard settings.failures > 0 else { return false }
      guard failures + 1 >= settings.failures else {
        phase = .closed(failures: failures + 1)
        return false
      }
      open(now, retryAfter)
      return true
    case (.closed, .verdict): phase = .closed(failures: 0)
    case (.trial, .verdict):
      enter(.closed(failures: 0))
      return true
    case (.trial, .failure(let retryAfter)): open(now, retryAfter)
    case (.trial, .neither): enter(.open(until: now))
    case (.closed, .neither), (.open, _): break
    }
    return false
  }

  /// It is known, otherwise than by a check of a caller, that the guardrail gives no verdicts.
  mutating func trip(now: NIODeadline) {
    if settings.failures > 0 { open(now, .zero) }
  }

  /// It is known that it gives verdicts.
  mutating func reset() { enter(.closed(failures: 0)) }

  private mutating func open(_ now: NIODeadline, _ retryAfter: TimeAmount) {
    if case .open = phase {} else { openings += 1 }
    enter(.open(until: now + max(settings.pause, min(retryAfter, Limits.Guardrails.maxAdvisedPause))))
  }

  private mutating func enter(_ next: Phase) {
    phase = next
    generation &+= 1
  }
}
