internal import JSON
internal import NIOCore
internal import Synchronization

/// What guardrails said of definitions, by content: the same definition is not judged again as long as those who judge are the same. Holds no failure, so a
/// guardrail that gave no verdict is asked again.
package final class DefinitionVerdicts: Sendable {
  /// What was judged, and by what.
  struct Key: Hashable, Sendable {
    var phase: GuardrailPhase
    var server: String
    /// By which the item is asked for.
    var item: String
    var content: KeyDigest
    /// Of the policy, and of the guardrails as they are configured.
    var policy: UInt64
    var guardrails: Int
  }

  /// What came of it.
  enum Verdict: Sendable {
    /// With guardrails' replacements spliced in.
    case passed(RawJSON)
    case blocked(reasons: [String], details: JSONValue)
  }

  private struct Entry {
    var verdict: Verdict
    var until: NIODeadline
  }
  private let entries = Mutex<[Key: Entry]>([:])

  package init() {}

  func find(_ key: Key, now: NIODeadline = .now()) -> Verdict? {
    entries.withLock { entries in
      guard let entry = entries[key], entry.until > now else { return nil }
      return entry.verdict
    }
  }

  /// Guardrails of the same configuration judge in another way now.
  func forgetAll() { entries.withLock { $0 = [:] } }

  /// - Parameter lifetime: how long it is believed. What guardrails look for may change without a word in the configuration, such as lists in files.
  func keep(_ verdict: Verdict, _ key: Key, lifetime: TimeAmount, now: NIODeadline = .now()) {
    entries.withLock { entries in
      if entries.count >= Limits.Guardrails.maxDefinitionVerdicts {
        entries = entries.filter { $0.value.until > now }
        let surplus = entries.count - Limits.Guardrails.maxDefinitionVerdicts / 2
        for (key, _) in entries.sorted(by: { $0.value.until < $1.value.until }).prefix(max(0, surplus)) { entries[key] = nil }
      }
      entries[key] = Entry(verdict: verdict, until: now + lifetime)
    }
  }
}
