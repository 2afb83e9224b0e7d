package import JSON

/// Replaces `${env:NAME}` and `${file:PATH}` by what they refer to, at the moment of use; the configuration itself keeps the references, so that nothing
/// which shows it can show a secret. `$${` stands for `${`. Any other `${` is left as it is.
package struct SecretExpansion: Sendable {
  private let directory: String
  private let environment: [String: String]

  /// `directory` is where relative file paths start: that of the configuration file.
  package init(directory: String, environment: [String: String]) {
    self.directory = directory
    self.environment = environment
  }

  package func expand(_ text: String) throws(SecretError) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var expanded = ""
    for part in try Self.parts(of: text) {
      switch part {
      case .literal(let text): expanded += text
      case .variable(let name):
        guard let value = environment[name] else { throw .missingVariable(name) }
        expanded += value
      case .file(let path): expanded += try content(of: path)
      }
    }
    return expanded
  }

  /// Every string value of a tree, at any depth; names of members stay.
  package func expand(_ value: JSONValue) throws(SecretError) -> JSONValue {
    switch value {
    case .string(let text): return .string(try expand(text))
    case .array(let elements):
      var expanded: [JSONValue] = []
      for element in elements { expanded.append(try expand(element)) }
      return .array(expanded)
    case .object(var object):
      for (name, member) in object { object[name] = try expand(member) }
      return .object(object)
    default: return value
    }
  }

  /// A server's command, arguments and environment, as the child gets them.
  package func expand(_ command: ServerCommand) throws(SecretError) -> ServerCommand {
    var expanded = command
    for index in command.arguments.indices { expanded.arguments[index] = try expand(command.arguments[index]) }
    for index in command.environment.indices { expanded.environment[index].value = try expand(command.environment[index].value) }
    return expanded
  }

  /// Where a server is reached, with its URL and headers as they are sent.
  package func expand(_ remote: RemoteServer) throws(SecretError) -> RemoteServer {
    var expanded = remote
    expanded.url = try expand(remote.url)
    for index in remote.headers.indices { expanded.headers[index].value = try expand(remote.headers[index].value) }
    return expanded
  }

  private func content(of path: String) throws(SecretError) -> String {
    let resolved = FilePath.resolve(path, against: directory)
    var bytes: [UInt8]
    do { bytes = try FileBytes.read(resolved, maxBytes: Limits.Config.maxSecretFileBytes).bytes } catch {
      throw .unreadableFile(path: resolved, reason: error.reason)
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { throw .notText(path: resolved) }
    return text
  }

  // MARK: Syntax

  private enum Part { case literal(String), variable(String), file(String) }

  /// What is wrong with the references in a text, before any is looked up.
  static func mistake(in text: String) -> SecretError? {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
    do {
      _ = try parts(of: text)
      return nil
    } catch { return error }
  }

  /// Whether the whole text is one reference: then it is no secret itself.
  static func isReference(_ text: String) -> Bool {
    guard text.hasPrefix("${env:") || text.hasPrefix("${file:"), text.hasSuffix("}") else { return false }
    return text.utf8.filter { $0 == UInt8(ascii: "}") }.count == 1
  }

  private static func parts(of text: String) throws(SecretError) -> [Part] {
    var parts: [Part] = []
    var literal = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      literal += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        literal += "${"
        rest = rest.dropFirst(3)
      } else if let (part, after) = try reference(rest) {
        parts += [.literal(literal), part]
        literal = ""
        rest = after
      } else {
        literal += "$"
        rest = rest.dropFirst()
      }
    }
    return parts + [.literal(literal + rest)]
  }

  private static func reference(_ text: Substring) throws(SecretError) -> (Part, Substring)? {
    for (opening, make) in [("${env:", Part.variable), ("${file:", Part.file)] where text.hasPrefix(opening) {
      let body = text.dropFirst(opening.count)
      guard let end = body.firstIndex(of: "}") else { throw .unterminated }
      guard end > body.startIndex else { throw .empty }
      return (make(String(body[..<end])), body[body.index(after: end)...])
    }
    return nil
  }
}

/// Why a reference to a secret cannot be followed. Never holds the secret.
package enum SecretError: Error, Sendable, Hashable, CustomStringConvertible {
  case unterminated
  case empty
  case missingVariable(String)
  case unreadableFile(path: String, reason: String)
  case notText(path: String)

  package var description: String {
    switch self {
    case .unterminated: "a \"${env:\" or \"${file:\" has no closing brace"
    case .empty: "a \"${env:}\" or \"${file:}\" names nothing"
    case .missingVariable(let name): "environment variable \(name) is not set"
    case .unreadableFile(let path, let reason): "secret file \(path) \(reason)"
    case .notText(let path): "secret file \(path) is not UTF-8 text without U+0000"
    }
  }
}
