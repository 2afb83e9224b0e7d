/// The fixed parts of a URI template (RFC 6570): enough to tell which URIs it cannot have made.
struct URITemplate {
  private let literals: [[UInt8]]

  init(_ template: String) {
    var literals: [[UInt8]] = [[]]
    var isInside = false
    for byte in template.utf8 {
      switch byte {
      case UInt8(ascii: "{") where !isInside: isInside = true
      case UInt8(ascii: "}") where isInside:
        isInside = false
        literals.append([])
      case _ where isInside: break
      default: literals[literals.count - 1].append(byte)
      }
    }
    self.literals = literals
  }

  /// Whether the fixed parts stand in the URI, in order, the first at its beginning and the last at its end, whatever an expression may become.
  func mayDescribe(_ uri: String) -> Bool {
    var rest = Array(uri.utf8)[...]
    guard let first = literals.first, rest.starts(with: first) else { return false }
    guard literals.count > 1, let last = literals.last else { return rest.count == first.count }
    rest = rest.dropFirst(first.count)
    for literal in literals.dropFirst().dropLast() where !literal.isEmpty {
      guard let found = Self.find(literal, in: rest) else { return false }
      rest = rest[(found + literal.count)...]
    }
    return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
  }

  /// In linear time, whatever a server and a client have agreed upon (Knuth, Morris and Pratt).
  private static func find(_ literal: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    var borders = [0]
    var matched = 0
    for byte in literal.dropFirst() {
      matched = extended(matched, by: byte, literal, borders)
      borders.append(matched)
    }
    matched = 0
    for index in text.indices {
      matched = extended(matched, by: text[index], literal, borders)
      if matched == literal.count { return index + 1 - literal.count }
    }
    return nil
  }

  /// How much of the literal's beginning ends with `byte`, after `matched` of it did.
  private static func extended(_ matched: Int, by byte: UInt8, _ literal: [UInt8], _ borders: [Int]) -> Int {
    var matched = matched
    while matched > 0, literal[matched] != byte { matched = borders[matched - 1] }
    return literal[matched] == byte ? matched + 1 : matched
  }
}
