/// A place in a JSON document, RFC 6901.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// Unescaped, from the root down.
  package private(set) var tokens: [String]

  /// The whole document.
  package init() { tokens = [] }

  /// Nil when `text` is neither empty nor starts with a slash, or has a tilde that is not `~0` or `~1`.
  package init?(_ text: String) {
    tokens = []
    guard !text.isEmpty else { return }
    guard text.utf8.first == .slash else { return nil }
    for escaped in text.utf8.dropFirst().split(separator: .slash, omittingEmptySubsequences: false) {
      guard let token = Self.unescape(escaped) else { return nil }
      tokens.append(token)
    }
  }

  package func appending(_ token: String) -> JSONPointer {
    var longer = self
    longer.tokens.append(token)
    return longer
  }

  package func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

  /// The pointer's text, with `~0` for a tilde and `~1` for a slash.
  package var description: String {
    var text: [UInt8] = []
    for token in tokens { Self.append(token.utf8, to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds a slash and the token, escaped.
  static func append(_ token: some Collection<UInt8>, to text: inout [UInt8]) {
    text.append(.slash)
    guard token.contains(where: { $0 == .tilde || $0 == .slash }) else { return text.append(contentsOf: token) }
    for byte in token {
      switch byte {
      case .tilde: text.append(contentsOf: "~0".utf8)
      case .slash: text.append(contentsOf: "~1".utf8)
      default: text.append(byte)
      }
    }
  }

  private static func unescape(_ token: Substring.UTF8View) -> String? {
    var text: [UInt8] = []
    var rest = token[...]
    while let byte = rest.popFirst() {
      guard byte == .tilde else {
        text.append(byte)
        continue
      }
      switch rest.popFirst() {
      case .zero: text.append(.tilde)
      case 0x31: text.append(.slash)
      default: return nil
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The token as an index of an array: digits without a leading zero.
  static func arrayIndex(_ token: String) -> Int? {
    guard !token.isEmpty, token.utf8.allSatisfy(\.isDigit), token == "0" || token.utf8.first != .zero else { return nil }
    return Int(token)
  }
}

extension RawJSON {
  /// The value at a place in this one; nil when there is none.
  package subscript(pointer: JSONPointer) -> RawJSON? {
    var value: RawJSON? = self
    for token in pointer.tokens {
      guard let parent = value else { return nil }
      value = parent.kind == .array ? JSONPointer.arrayIndex(token).flatMap { parent[$0] } : parent[token]
    }
    return value
  }
}

extension JSONValue {
  /// The value at a place in this one; nil when there is none.
  package subscript(pointer: JSONPointer) -> JSONValue? {
    var value: JSONValue? = self
    for token in pointer.tokens {
      guard let parent = value else { return nil }
      value = parent.kind == .array ? JSONPointer.arrayIndex(token).flatMap { parent[$0] } : parent[token]
    }
    return value
  }
}
