/// One thing wrong, or noteworthy, in a configuration file.
package struct ConfigProblem: Sendable, Hashable, CustomStringConvertible {
  package enum Severity: String, Sendable, Hashable { case error, warning }

  package var severity: Severity
  /// Path of the file, as it was found; "defaults" for the built-in document.
  package var file: String
  /// 1-based; 0 when the problem is the file itself.
  package var line: Int
  /// 1-based, in code points; 0 when the problem is the file itself.
  package var column: Int
  /// RFC 6901 pointer to the value or member; gateway keys in it are masked. Empty for the whole document.
  package var pointer: String
  /// What is wrong. Never a value from the document that may be secret.
  package var reason: String
  /// What to do about it, when that is known.
  package var suggestion: String?

  package init(
    severity: Severity = .error, file: String, line: Int = 0, column: Int = 0, pointer: String = "", reason: String,
    suggestion: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.pointer = pointer
    self.reason = reason
    self.suggestion = suggestion
  }

  /// `file:line:column: /pointer: reason (suggestion)`
  package var description: String {
    var text = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
    if !pointer.isEmpty { text += "\(pointer): " }
    text += reason
    if let suggestion { text += " (\(suggestion))" }
    return text
  }
}

/// Why a configuration is refused: every error found in it, up to `Limits.Config.maxProblems`.
package struct ConfigError: Error, Sendable, Hashable, CustomStringConvertible {
  /// In the order of the file; at least one.
  package var problems: [ConfigProblem]
  /// Errors beyond the bound.
  package var omitted: Int

  package init(_ problems: [ConfigProblem], omitted: Int = 0) {
    self.problems = problems
    self.omitted = omitted
  }

  package init(file: String, reason: String, suggestion: String? = nil) {
    self.init([ConfigProblem(file: file, reason: reason, suggestion: suggestion)])
  }

  /// One problem a line.
  package var description: String {
    let lines = problems.map(\.description) + (omitted > 0 ? ["… and \(omitted) more"] : [])
    return lines.joined(separator: "\n")
  }
}
