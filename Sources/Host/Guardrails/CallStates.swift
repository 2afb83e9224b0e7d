internal import Synchronization

/// What each guardrail left of one call when it judged the call's input, for the checks that come later in the same call. Gone, overwritten, with the call.
package final class CallStates: Sendable {
  private let states = Mutex<[String: StateBytes]>([:])

  package init() {}

  package subscript(binding: String) -> StateBytes? { states.withLock { $0[binding] } }

  /// Puts `new` in the place of `known`.
  /// - Returns: false when something else stands there: the check that led to `new` did not see it.
  package func replace(_ known: StateBytes?, by new: StateBytes, of binding: String) -> Bool {
    states.withLock { states in
      guard states[binding] === known else { return false }
      states[binding] = new
      return true
    }
  }
}
