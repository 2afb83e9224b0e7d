internal import Glibc

/// What a child inherits from the gateway's own environment: enough to find programs, the home directory and the language. Keys,
/// tokens and everything else the gateway was given stay with it.
package struct BaseEnvironment: Sendable, Equatable {
  package static let names = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG"]

  package let variables: [String: String]

  package init(variables: [String: String]) { self.variables = variables }

  /// Reads the environment of this process.
  package static func inherited() -> BaseEnvironment {
    var variables: [String: String] = [:]
    for name in names {
      guard let value = getenv(name) else { continue }
      variables[name] = String(cString: value)
    }
    return BaseEnvironment(variables: variables)
  }

  /// The environment of one child: the base, overlaid with the entry's own variables.
  package func adding(_ own: [String: String]) -> [String: String] { variables.merging(own) { _, own in own } }
}
