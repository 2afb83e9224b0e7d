package import NIOCore
internal import Synchronization

/// What is known of one bound guardrail while it serves: its breaker, its counts, and what became of its self-test.
package final class GuardrailWatch: Sendable {
  package let tally: GuardrailTally
  let settings: BreakerSettings
  private let name: String
  private let log: Log
  private let state: Mutex<State>

  private struct State {
    var breaker: CircuitBreaker
    var proven: Set<Canary.Kind> = []
    var failing: [Canary.Kind: String] = [:]
  }

  package init(name: String, settings: BreakerSettings, tally: GuardrailTally, log: Log) {
    self.name = name
    self.settings = settings
    self.tally = tally
    self.log = log
    state = Mutex(State(breaker: CircuitBreaker(settings)))
  }

  // MARK: Breaker

  /// Nil: the breaker is open, and the guardrail is not asked.
  func admit(now: NIODeadline) -> CircuitBreaker.Ticket? {
    if let ticket = state.withLock({ $0.breaker.admit(now: now) }) { return ticket }
    tally.notAsked()
    return nil
  }

  func ended(_ reply: PluginReply<Verdict>, _ ticket: CircuitBreaker.Ticket, began: NIODeadline) {
    let now = NIODeadline.now()
    let ending = count(reply, began: began, now: now)
    let change = state.withLock { $0.breaker.note(ending, of: ticket, now: now) ? $0.breaker.phase : nil }
    if let change { report(change) }
  }

  func count(_ reply: PluginReply<Verdict>, began: NIODeadline, now: NIODeadline) -> CircuitBreaker.Ending {
    switch reply {
    case .value(let verdict):
      tally.verdict(verdict.action, after: now - began, now: now)
      return .verdict
    case .failed(let failure):
      tally.failure(failure.code, after: now - began, now: now)
      return failure.saysNothingOfTheProvider ? .neither : .failure(retryAfter: .milliseconds(Int64(failure.retryAfterMilliseconds)))
    case .refused:
      // A guardrail has no right to refuse callers.
      tally.failure(.malformed, after: now - began, now: now)
      return .failure(retryAfter: .zero)
    }
  }

  private func report(_ phase: CircuitBreaker.Phase) {
    if case .closed = phase { return log.info("Guardrail gives verdicts again: its breaker is closed", ["guardrail": name]) }
    let failure = tally.current.lastFailure.map(\.code.rawValue) ?? "none"
    log.error(
      "Guardrail is not asked for a while: too many failures in a row opened its breaker",
      ["guardrail": name, "pause_seconds": settings.pause.secondsText, "last_failure": failure])
  }

  /// For status output.
  package var breaker: (word: String, openings: UInt64, retryIn: TimeAmount?) {
    let breaker = state.withLock { $0.breaker }
    switch breaker.phase {
    case .closed: return ("closed", breaker.openings, nil)
    case .trial: return ("half_open", breaker.openings, nil)
    case .open(let until): return ("open", breaker.openings, max(.zero, until - .now()))
    }
  }

  // MARK: Self-test

  /// Which of `kinds` have never had a verdict.
  func unproven(_ kinds: [Canary.Kind]) -> [Canary.Kind] {
    state.withLock { state in kinds.filter { !state.proven.contains($0) } }
  }

  /// What the latest self-test found; `failing`: why there was no verdict.
  func tested(proven: [Canary.Kind], failing: [Canary.Kind: String]) {
    state.withLock { state in
      for kind in proven {
        state.proven.insert(kind)
        state.failing[kind] = nil
      }
      for (kind, reason) in failing {
        state.failing[kind] = reason
        state.proven.remove(kind)
      }
      // Nothing has been proven to work: callers need not find that out one by one.
      if !failing.isEmpty, state.proven.isEmpty { state.breaker.trip(now: .now()) }
      if failing.isEmpty, !proven.isEmpty { state.breaker.reset() }
    }
  }

  /// What was tried for a configuration that did not come into effect.
  func forget(_ kind: Canary.Kind) { state.withLock { $0.failing[kind] = nil } }

  /// What a self-test tried: how many kinds of checks work, and which gave no verdict.
  var selfTest: (proven: Int, failing: [Canary.Kind: String]) { state.withLock { ($0.proven.count, $0.failing) } }
}

extension PluginFailure {
  /// The caller gave up, or the question itself was wrong: no reason to stop asking.
  fileprivate var saysNothingOfTheProvider: Bool { code == .cancelled || code == .invalid || code == .unsupported }
}

extension TimeAmount {
  /// A number of seconds, for messages and logs.
  var secondsText: String {
    let seconds = Double(nanoseconds) / 1e9
    return seconds == seconds.rounded() ? String(Int64(seconds)) : String(seconds)
  }
}
