/// Text of a URL (RFC 3986 section 2.1).
enum PercentDecoding {
  /// Nil when an escape is incomplete or the bytes are no UTF-8. `plusIsSpace`: as forms and queries write it.
  static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    FederatedURI.decoded(text.utf8.map { plusIsSpace && $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
  }

  /// `name=value` pairs of a query, in order; nil when one cannot be decoded.
  static func query(_ text: String) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in text.split(separator: "&") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decode(sides[0], plusIsSpace: true), let value = decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true) else {
        return nil
      }
      pairs.append((name, value))
    }
    return pairs
  }
}
