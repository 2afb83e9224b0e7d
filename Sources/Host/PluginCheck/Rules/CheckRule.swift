internal import JSON

/// One rule that a plugin is held to: as data, so that lists, reports and documentation say the same.
struct CheckRule: Sendable {
  enum Severity: String, Sendable {
    /// The gateway refuses such a plugin, or cannot work with it.
    case failure
    /// It works, and could be better.
    case advice
  }

  /// The name of the check too, where there is one of its own.
  let id: String
  /// What is looked at.
  let summary: String
  /// What `smg_plugin.h` says, with the number of its rule.
  let header: String
  /// What to do about it.
  let fix: String
  var severity = Severity.failure

  var document: JSONValue {
    [
      "id": .string(id), "summary": .string(summary), "severity": .string(severity.rawValue), "header": .string(header),
      "fix": .string(fix),
    ]
  }
}
