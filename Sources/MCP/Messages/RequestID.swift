package import JSON

/// The id of a request, and likewise a progress token: a string or an integer, given back exactly as it came.
/// `"1"` and `1` are different ids; so are two strings that only Unicode normalisation would make equal.
package enum RequestID: Sendable {
  case string(String)
  /// The JSON source text of an integer, such as `7`, `-1` or `1e2`.
  case number(String)

  /// Longest accepted id, in bytes of JSON text.
  package static let maxBytes = 1024

  package init(_ number: Int) { self = .number(String(number)) }

  /// Nil unless `raw` is a string or an integer of at most `maxBytes`.
  /// A string with a lone surrogate escape is no id either: it could not be given back unchanged.
  package init?(_ raw: RawJSON) {
    guard raw.bytes.count <= Self.maxBytes else { return nil }
    switch raw.kind {
    case .string:
      guard let text = raw.stringValue, Self.isUnchangedByDecoding(text, source: raw.bytes) else { return nil }
      self = .string(text)
    case .number:
      guard Self.isPlainInteger(raw.bytes) || raw.intValue != nil else { return nil }
      self = .number(String(decoding: raw.bytes, as: UTF8.self))
    default:
      return nil
    }
  }

  /// JSON text of the id.
  package func encoded() -> [UInt8] {
    switch self {
    case .number(let text): return Array(text.utf8)
    case .string(let text):
      var writer = JSONWriter()
      writer.string(text)
      return writer.bytes
    }
  }

  /// Digits with an optional minus sign; of any size, as only the text is kept.
  private static func isPlainInteger(_ bytes: ArraySlice<UInt8>) -> Bool {
    let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes
    return !digits.isEmpty && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  /// Decoding puts U+FFFD in the place of a lone surrogate escape, so a text with escapes that holds one may have been changed.
  private static func isUnchangedByDecoding(_ text: String, source: ArraySlice<UInt8>) -> Bool {
    guard source.contains(UInt8(ascii: "\\")) else { return true }
    return !text.unicodeScalars.contains("\u{FFFD}")
  }
}

extension RequestID: Hashable {
  package static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a.utf8.elementsEqual(b.utf8)
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .string(var text):
      hasher.combine(0 as UInt8)
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .number(var text):
      hasher.combine(1 as UInt8)
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}

extension RequestID: CustomStringConvertible {
  package var description: String { String(decoding: encoded(), as: UTF8.self) }
}
