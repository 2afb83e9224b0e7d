internal import PluginABI

/// The calls of one instance under check. A number names its owner in the high half, so that a completion through the wrong host is recognised.
final class OpenCalls: Sendable {
  private enum State {
    case open
    /// The host has given it up: completing it is stale, and no fault.
    case given
    case answered
  }

  private struct Call {
    var expectation: CallExpectation
    var state = State.open
    var outcome: CallOutcome?
  }

  private struct Calls {
    var calls: [UInt64: Call] = [:]
    var next: UInt64 = 1
  }

  private let owner: UInt32
  private let log: CheckLog
  private let monitor = Monitor(Calls())

  init(owner: UInt32, log: CheckLog) {
    self.owner = owner
    self.log = log
  }

  func open(_ expectation: CallExpectation) -> smg_call {
    monitor.withLock { state in
      let call = UInt64(owner) << 32 | state.next
      state.next += 1
      state.calls[call] = Call(expectation: expectation)
      return call
    }
  }

  func isOpen(_ call: smg_call) -> Bool {
    monitor.withLock { if case .open? = $0.calls[call]?.state { true } else { false } }
  }

  /// `smg_host.complete`.
  func complete(_ call: smg_call, _ pointer: UnsafeRawPointer?) -> smg_status {
    guard call >> 32 == UInt64(owner) else {
      log.fail(
        "own-host", "completed another instance's call: each instance completes its calls through the host that its create() got")
      return SMG_E_STALE
    }
    let claimed = monitor.withLock { state -> Result<CallExpectation, Refused> in
      guard let known = state.calls[call] else { return .failure(.unknown) }
      switch known.state {
      case .given: return .failure(.given)
      case .answered: return .failure(.twice)
      case .open:
        state.calls[call]?.state = .answered
        return .success(known.expectation)
      }
    }
    switch claimed {
    case .failure(.given): return SMG_E_STALE
    case .failure(.twice):
      log.fail("completion", "completed one call twice")
      return SMG_E_STALE
    case .failure(.unknown):
      log.fail("completion", "completed a call that was never opened")
      return SMG_E_STALE
    case .success(let expectation): return deliver(call, OutcomeReader.read(pointer, expecting: expectation))
    }
  }

  private enum Refused: Error { case given, twice, unknown }

  private func deliver(_ call: smg_call, _ outcome: CallOutcome) -> smg_status {
    monitor.withLock { $0.calls[call]?.outcome = outcome }
    monitor.broadcast()
    guard case .failed(let failure) = outcome, failure.code == .malformed else { return SMG_OK }
    log.fail("well-formed", "completed a call with what is malformed: \(failure.message)")
    return SMG_E_INVALID
  }

  /// The outcome, once it is there; nil when it is not by the deadline. The call stays known, for completions that come again.
  func wait(_ call: smg_call, until deadline: UInt64) -> CallOutcome? { monitor.wait(until: deadline) { $0.calls[call]?.outcome } }

  func outcome(_ call: smg_call) -> CallOutcome? { monitor.withLock { $0.calls[call]?.outcome } }

  /// The host no longer waits; false when the call has been completed.
  @discardableResult func giveUp(_ call: smg_call) -> Bool {
    monitor.withLock { state in
      guard case .open? = state.calls[call]?.state else { return false }
      state.calls[call]?.state = .given
      return true
    }
  }

  /// R9: every open call ends before `stop`.
  func giveUpAll() {
    monitor.withLock { state in
      for (call, known) in state.calls { if case .open = known.state { state.calls[call]?.state = .given } }
    }
  }

  /// Forgets what a long run has answered, a bounded number being kept for completions that come again.
  func forgetAnswered() {
    monitor.withLock { state in
      guard state.calls.count > Limits.PluginCheck.maxKeptCalls else { return }
      let newest = state.next
      state.calls = state.calls.filter { call, known in
        if case .answered = known.state, known.outcome != nil { return newest - (call & 0xFFFF_FFFF) < 1_000 }
        return true
      }
    }
  }
}
