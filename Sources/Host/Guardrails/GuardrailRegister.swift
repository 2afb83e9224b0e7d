internal import Synchronization

/// The guardrails that serve now. What was counted of one goes on when it is bound anew.
package final class GuardrailRegister: Sendable {
  private let current = Mutex<[BoundGuardrail]>([])

  package init() {}

  package var guardrails: [BoundGuardrail] { current.withLock { $0 } }

  func use(_ guardrails: [BoundGuardrail]) { current.withLock { $0 = guardrails } }

  /// For a binding that may come to serve: as it was, if its instance and its breaker are the same.
  func watch(of name: String, instance: PluginInstance, settings: BreakerSettings, log: Log) -> GuardrailWatch {
    let known = guardrails.first { $0.name == name }
    if let known, known.instance === instance, known.watch.settings == settings { return known.watch }
    return GuardrailWatch(name: name, settings: settings, tally: known?.watch.tally ?? GuardrailTally(), log: log)
  }
}
