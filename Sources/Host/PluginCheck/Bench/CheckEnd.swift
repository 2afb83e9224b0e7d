/// Ends a check before its last line.
enum CheckEnd: Error {
  /// - Parameter rule: nil: the rule that the check is about.
  case failed(rule: String?, String)
  case skipped(String)

  static func failed(_ text: String) -> CheckEnd { .failed(rule: nil, text) }
}
