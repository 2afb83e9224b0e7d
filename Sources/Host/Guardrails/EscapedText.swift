internal import JSON

/// What a text says to whoever reads it once more, as JSON, as a URI or as HTML: a tool that takes a document in a string, a model that is shown one, a server that
/// follows a link. An escape in there would hide a word from guardrails.
enum EscapedText {
  enum Reading {
    /// The text is a JSON document.
    case document(RawJSON)
    /// It is none, and has escapes of JSON or HTML all the same: its text without them.
    case unescaped(String)
    /// It is, or holds, a URI with escapes: the text that they stand for.
    case percentDecoded(String)
  }

  enum Reader: Sendable {
    /// Texts with escapes, for who judges: whatever could be hidden is shown.
    case all
    /// JSON documents, for who puts values back: each gets the escapes that it needs there, and no other text is touched.
    case documents
    case none

    /// Nil when reading a text once more shows nothing new.
    func reading(of text: String) -> Reading? {
      guard self != .none else { return nil }
      var text = text
      return text.withUTF8 { bytes -> Reading? in
        if let reading = json(bytes) { return reading }
        guard self == .all else { return nil }
        if let text = PercentEscapes.decoded(bytes) { return .percentDecoded(text) }
        return bytes.contains(UInt8(ascii: "&")) ? CharacterReferences.decoded(bytes).map { .unescaped($0) } : nil
      }
    }

    private func json(_ bytes: UnsafeBufferPointer<UInt8>) -> Reading? {
      guard self == .documents || bytes.contains(backslash), let first = bytes.first(where: { $0 > 0x20 }) else { return nil }
      let looksLikeJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "\"")
      if looksLikeJSON, let document = document(bytes) { return .document(document) }
      guard self == .all, looksLikeJSON || hasUnicodeEscape(bytes) else { return nil }
      let plain = unescaped(bytes)
      return plain.elementsEqual(bytes) ? nil : .unescaped(String(decoding: plain, as: UTF8.self))
    }
  }

  private static func document(_ bytes: UnsafeBufferPointer<UInt8>) -> RawJSON? {
    // A text that is no JSON is an ordinary text.
    do throws(JSONError) { return try RawJSON(validating: Array(bytes), limits: .widest) } catch { return nil }
  }

  // MARK: Escapes

  private static let backslash = UInt8(ascii: "\\")

  private static func hasUnicodeEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.indices.contains { bytes[$0] == backslash && unit(bytes, at: $0) != nil }
  }

  /// The UTF-16 code unit of the `\uXXXX` at `index` (RFC 8259 section 7).
  private static func unit(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32? {
    guard index + 5 < bytes.count, bytes[index] == backslash, bytes[index + 1] == UInt8(ascii: "u") else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index + 2..<index + 6] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Every escape of JSON in its plain form; what is none stays.
  private static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == backslash, index + 1 < bytes.count else {
        result.append(bytes[index])
        index += 1
        continue
      }
      if let high = unit(bytes, at: index) {
        let low = high & 0xFC00 == 0xD800 ? unit(bytes, at: index + 6) : nil
        let isPair = low.map { $0 & 0xFC00 == 0xDC00 } ?? false
        let value = isPair ? 0x10000 + (high & 0x3FF) << 10 + ((low ?? 0) & 0x3FF) : high
        result.append(contentsOf: String(UnicodeScalar(value).map(Character.init) ?? "\u{FFFD}").utf8)
        index += isPair ? 12 : 6
      } else if let plain = short(bytes[index + 1]) {
        result.append(plain)
        index += 2
      } else {
        result.append(backslash)
        index += 1
      }
    }
    return result
  }

  private static func short(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }
}
