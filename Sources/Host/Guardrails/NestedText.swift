internal import JSON

/// Texts inside a string that is itself a JSON document, where they are written otherwise than they read: `"{\"a\":\"fo\\u0072bidden\"}"`. What reads such a
/// string sees the word, so guardrails see it too. They cannot rewrite it there.
enum NestedText {
  private static let maxLevels = 4

  /// - Parameters:
  ///   - text: the string, decoded.
  ///   - pointer: its place; the place inside it is appended.
  /// - Returns: nothing for a string that is no JSON, or has no escapes that could hide anything.
  static func segments(in text: String, at pointer: String, level: Int = 1) -> [Segment] {
    guard level <= maxLevels, let document = document(text) else { return [] }
    var segments: [Segment] = []
    document.forEachText(base: pointer) { (inner: JSONText) throws(Never) in
      guard inner.kind != .number, inner.raw.bytes.contains(UInt8(ascii: "\\")) else { return }
      let decoded = inner.text
      if hides(inner.raw.bytes) { segments.append(Segment(pointer: inner.pointer, text: decoded, mediaType: "", flags: .key)) }
      segments += Self.segments(in: decoded, at: inner.pointer, level: level + 1)
    }
    return segments
  }

  private static func document(_ text: String) -> RawJSON? {
    guard let first = text.utf8.first(where: { !" \t\r\n".utf8.contains($0) }), "{[\"".utf8.contains(first),
      text.utf8.contains(UInt8(ascii: "\\"))
    else { return nil }
    do throws(JSONError) { return try RawJSON(validating: Array(text.utf8)) } catch { return nil }
  }

  /// Escapes by code point, which can stand for any letter, and the one of the slash. The others stand for spaces and quotation marks.
  private static func hides(_ source: ArraySlice<UInt8>) -> Bool {
    var isEscape = false
    for byte in source {
      if isEscape, byte == UInt8(ascii: "u") || byte == UInt8(ascii: "/") { return true }
      isEscape = !isEscape && byte == UInt8(ascii: "\\")
    }
    return false
  }
}
