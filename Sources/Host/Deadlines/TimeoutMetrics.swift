package import JSON
package import NIOCore
internal import Synchronization

/// What a deadline is for; the raw values are the words of `timeout_settings`.
package enum OperationKind: String, Sendable {
  case auth, guardrail, discovery
  case toolExecution = "tool_execution"
}

/// Counts every operation that has a deadline: how it ended and how much of its time it took.
package final class TimeoutMetrics: Sendable {
  /// How an operation ended.
  package enum Outcome: Sendable { case successful, timedOut, cancelled, failed }

  private struct Counts {
    var total = 0
    var successful = 0
    var timedOut = 0
    var cancelled = 0
    var normal = 0
    var warned = 0
    var expired = 0
    var overrun = 0
    var active: [UInt64: (kind: OperationKind, server: String)] = [:]
    var nextID: UInt64 = 0
  }
  private let counts = Mutex(Counts())

  package init() {}

  /// Runs `work` as one counted operation. `outcome` says how its value is to be counted.
  package func track<Value: Sendable>(
    _ kind: OperationKind, server: String, timeout: TimeAmount, escalation: EscalationThresholds,
    outcome: (Value) -> Outcome, _ work: () async -> Value
  ) async -> Value {
    let start = NIODeadline.now()
    let id = begin(kind, server)
    let value = await work()
    end(id, outcome(value), elapsed: NIODeadline.now() - start, timeout: timeout, escalation: escalation)
    return value
  }

  private func begin(_ kind: OperationKind, _ server: String) -> UInt64 {
    counts.withLock { counts in
      counts.total += 1
      counts.nextID += 1
      counts.active[counts.nextID] = (kind, server)
      return counts.nextID
    }
  }

  private func end(_ id: UInt64, _ outcome: Outcome, elapsed: TimeAmount, timeout: TimeAmount, escalation: EscalationThresholds) {
    let ratio = Double(elapsed.nanoseconds) / Double(max(timeout.nanoseconds, 1))
    counts.withLock { counts in
      counts.active[id] = nil
      switch outcome {
      case .successful: counts.successful += 1
      case .timedOut: counts.timedOut += 1
      case .cancelled: counts.cancelled += 1
      case .failed: break
      }
      switch ratio {
      case escalation.fail...: counts.overrun += 1
      case escalation.timeout...: counts.expired += 1
      case escalation.warn...: counts.warned += 1
      default: counts.normal += 1
      }
    }
  }

  /// The shape of `enkrypt_get_timeout_metrics` without its `timeout_config`.
  package func document() -> JSONValue {
    let now = counts.withLock { $0 }
    return [
      "timeout_metrics": [
        "total_operations": .int(now.total),
        "successful_operations": .int(now.successful),
        "timeout_operations": .int(now.timedOut),
        "cancelled_operations": .int(now.cancelled),
        "escalation_counts": [
          "normal": .int(now.normal), "warn": .int(now.warned), "timeout": .int(now.expired), "fail": .int(now.overrun),
        ],
        "success_rate": .number(JSONNumber(now.total == 0 ? 1.0 : Double(now.successful) / Double(now.total))),
        "active_operations": .int(now.active.count),
      ],
      "active_operations": .object(
        now.active.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { object, entry in
          object["\(entry.value.kind.rawValue)_\(entry.key)"] = "running"
        }),
    ]
  }
}

extension JSONValue {
  static func int(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }
}
