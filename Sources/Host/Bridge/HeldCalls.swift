internal import MCP
package import NIOCore
internal import Synchronization

/// The calls that wait for their clients to come back, by ticket: bounded in number, so that clients which never do cost only so much.
package final class HeldCalls: Sendable {
  private struct State {
    var calls: [String: HeldCall] = [:]
    var counts: [String: Int] = [:]
    var isEnded = false
  }
  private let state = Mutex(State())
  let inputTimeout: TimeAmount

  /// - Parameter inputTimeout: how long a client may take to come back.
  package init(inputTimeout: TimeAmount = Limits.Bridge.inputTimeout) { self.inputTimeout = inputTimeout }

  package var count: Int { state.withLock { $0.calls.count } }

  /// False when there is no room for one more.
  func hold(_ call: HeldCall, ticket: String) -> Bool {
    state.withLock { state in
      let own = state.counts[call.principal] ?? 0
      guard !state.isEnded, state.calls.count < Limits.Bridge.maxHeld, own < Limits.Bridge.maxHeldPerPrincipal else { return false }
      state.calls[ticket] = call
      state.counts[call.principal] = own + 1
      return true
    }
  }

  /// The call that waits for this ticket, once.
  func release(_ ticket: String) -> HeldCall? {
    state.withLock { state in
      guard let call = state.calls.removeValue(forKey: ticket) else { return nil }
      let own = (state.counts[call.principal] ?? 1) - 1
      state.counts[call.principal] = own == 0 ? nil : own
      return call
    }
  }

  /// Nobody comes back any more: cancels every call that is held.
  package func endAll() {
    let calls = state.withLock { state in
      state.isEnded = true
      defer { (state.calls, state.counts) = ([:], [:]) }
      return Array(state.calls.values)
    }
    for call in calls { call.end() }
  }
}

extension RPCError {
  static let tooManyHeld = internalError("too many calls of this client wait for answers")
}
