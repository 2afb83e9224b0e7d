/// Why a text is not JSON that we accept, and where. Never holds any of the text.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The closed list of refusals.
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    case empty = "no JSON value"
    case tooLarge = "text larger than permitted"
    case tooDeep = "nested deeper than permitted"
    case byteOrderMark = "byte order mark"
    case unexpectedEnd = "unexpected end of text"
    case unexpectedByte = "unexpected character"
    case trailingText = "text after the value"
    case badLiteral = "not one of true, false, null"
    case badNumber = "malformed number"
    case badEscape = "malformed escape in a string"
    case controlCharacter = "unescaped control character in a string"
    case badUTF8 = "malformed UTF-8"
    case duplicateMember = "duplicate member name"
    case misplacedEdit = "replacement outside of the value, or two replacements that overlap"
  }

  package let reason: Reason
  /// Byte in the text at which the trouble shows; its length when it ends too early.
  package let offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  package var description: String { "\(reason.rawValue) at byte \(offset)" }

  /// Line and column of the trouble in the text that was refused, both from 1; the column counts code points.
  package func lineAndColumn(in text: [UInt8]) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in text.prefix(max(0, offset)) {
      if byte == .lineFeed {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}
