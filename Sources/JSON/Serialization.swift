extension JSONValue {
  /// JSON text in UTF-8: without any whitespace, or with two spaces a level, as Python's `json.dumps(indent=2, ensure_ascii=False)` has it.
  package func serialized(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    if pretty { Serialization.append(self, to: &bytes, indentation: 0) } else { Serialization.append(self, to: &bytes) }
    return bytes
  }

  /// As `serialized(pretty:)`.
  package func serializedString(pretty: Bool = false) -> String { String(decoding: serialized(pretty: pretty), as: UTF8.self) }
}

enum Serialization {
  static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
    switch value {
    case .array(let elements):
      bytes.append(.openBracket)
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(.comma) }
        append(element, to: &bytes)
      }
      bytes.append(.closeBracket)
    case .object(let members):
      bytes.append(.openBrace)
      for (index, key) in members.keys.enumerated() {
        if index > 0 { bytes.append(.comma) }
        StringEncoding.append(key, to: &bytes)
        bytes.append(.colon)
        append(members.values[index], to: &bytes)
      }
      bytes.append(.closeBrace)
    default: appendScalar(value, to: &bytes)
    }
  }

  /// - Parameter indentation: levels around the value.
  static func append(_ value: JSONValue, to bytes: inout [UInt8], indentation: Int) {
    switch value {
    case .array(let elements) where !elements.isEmpty:
      bytes.append(.openBracket)
      for (index, element) in elements.enumerated() {
        startLine(isFirst: index == 0, in: &bytes, indentation: indentation + 1)
        append(element, to: &bytes, indentation: indentation + 1)
      }
      endContainer(.closeBracket, in: &bytes, indentation: indentation)
    case .object(let members) where !members.isEmpty:
      bytes.append(.openBrace)
      for (index, key) in members.keys.enumerated() {
        startLine(isFirst: index == 0, in: &bytes, indentation: indentation + 1)
        StringEncoding.append(key, to: &bytes)
        bytes.append(contentsOf: ": ".utf8)
        append(members.values[index], to: &bytes, indentation: indentation + 1)
      }
      endContainer(.closeBrace, in: &bytes, indentation: indentation)
    default: append(value, to: &bytes)
    }
  }

  private static func startLine(isFirst: Bool, in bytes: inout [UInt8], indentation: Int) {
    if !isFirst { bytes.append(.comma) }
    bytes.append(.lineFeed)
    bytes.append(contentsOf: repeatElement(.space, count: 2 * indentation))
  }

  private static func endContainer(_ close: UInt8, in bytes: inout [UInt8], indentation: Int) {
    bytes.append(.lineFeed)
    bytes.append(contentsOf: repeatElement(.space, count: 2 * indentation))
    bytes.append(close)
  }

  private static func appendScalar(_ value: JSONValue, to bytes: inout [UInt8]) {
    switch value {
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let number): bytes.append(contentsOf: number.text.utf8)
    case .string(let text): StringEncoding.append(text, to: &bytes)
    case .null, .array, .object: bytes.append(contentsOf: "null".utf8)
    }
  }
}
