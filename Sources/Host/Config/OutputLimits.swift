/// `max_output_bytes`: how long answers of a server may be, by tool.
package struct OutputLimits: Sendable, Hashable {
  package struct Rule: Sendable, Hashable {
    /// Glob of names of tools. `*` alone holds for answers to other requests, too.
    package var pattern: String
    package var bytes: Int
  }
  /// The first that matches counts. None: answers are as long as messages may be.
  package var rules: [Rule] = []

  package init() {}
}

extension OutputLimits {
  func bytes(for call: ForwardedRequest) -> Int? {
    guard !rules.isEmpty else { return nil }
    if case .tool(let name) = call.target { return rules.first { Glob.matches($0.pattern, name) }?.bytes }
    return rules.first { $0.pattern == "*" }?.bytes
  }
}
