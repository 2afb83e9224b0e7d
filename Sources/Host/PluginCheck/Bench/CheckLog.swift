internal import Synchronization

/// What a check finds while it runs, from whichever thread. The same reason is kept once, and not more than `Limits.PluginCheck.maxReasons` of them.
final class CheckLog: Sendable {
  private struct State {
    var failures: [CheckReason] = []
    var advice: [CheckReason] = []
    var notes: [String] = []
    var timings: [CallTiming] = []
  }
  private let state = Mutex(State())

  func fail(_ rule: String, _ text: String) { state.withLock { Self.add(CheckReason(rule: rule, text: text), to: &$0.failures) } }
  func advise(_ rule: String, _ text: String) { state.withLock { Self.add(CheckReason(rule: rule, text: text), to: &$0.advice) } }
  func note(_ text: String) {
    state.withLock { if $0.notes.count < Limits.PluginCheck.maxReasons { $0.notes.append(text) } }
  }
  func time(_ timing: CallTiming?) {
    if let timing { state.withLock { $0.timings.append(timing) } }
  }

  private static func add(_ reason: CheckReason, to list: inout [CheckReason]) {
    guard list.count < Limits.PluginCheck.maxReasons, !list.contains(reason) else { return }
    list.append(reason)
  }

  var hasFailures: Bool { state.withLock { !$0.failures.isEmpty } }

  /// The verdict as it stands.
  func verdict(of check: String, provider: String?) -> CheckVerdict {
    state.withLock { state in
      let status: CheckVerdict.Status = !state.failures.isEmpty ? .fail : !state.advice.isEmpty ? .warn : .pass
      return CheckVerdict(
        check: check, provider: provider, status: status, reasons: state.failures + state.advice, notes: state.notes, timings: state.timings
      )
    }
  }
}
