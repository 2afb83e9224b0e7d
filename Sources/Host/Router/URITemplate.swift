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

  private static func find(_ literal: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    guard literal.count <= text.count else { return nil }
    return (text.startIndex...(text.endIndex - literal.count)).first { text[$0...].starts(with: literal) }
  }
}
