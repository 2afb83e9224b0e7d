internal import ArgumentParser
internal import Glibc
internal import JSON

/// How data is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json, table, yaml
}

extension Output {
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// The one place that knows the formats.
  static func show(_ data: JSONValue, as format: OutputFormat?) throws {
    switch format ?? (isTerminal ? .table : .json) {
    case .json: print(data.serializedString(pretty: true))
    case .table: print(Table(data, isBold: isTerminal && getenv("NO_COLOR") == nil).text)
    case .yaml: print(YAML.text(data))
    }
  }

  /// A message for people.
  static func tell(_ message: String) {
    let text = message + "\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}
