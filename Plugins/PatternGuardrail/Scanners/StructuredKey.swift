internal import JSON

extension TextScan {
  /// Keys that are known by their first letters: of Amazon, of Google; and JSON Web Tokens.
  mutating func structuredKey(_ word: Word, _ findings: inout Findings) {
    let start = word.range.lowerBound
    guard start >= tokenEnd, let (detector, code, confidence, end) = structuredKey(at: start, wordEnd: word.range.upperBound) else {
      return
    }
    tokenEnd = end
    report(detector, code, confidence, start..<end, &findings)
  }

  private static let amazonPrefixes: [StaticString] = ["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"]

  func structuredKey(at start: Int, wordEnd: Int) -> (Detector, StaticString, Double, Int)? {
    switch bytes[start] {
    case UInt8(ascii: "A"):
      if bytes.has("AIza", at: start) {
        let end = tokenEnd(from: start + 4, limit: 40)
        return end - start == 39 && Entropy.isRandom(bytes, start + 4..<end) ? (.cloudKey, "google_api_key", 0.95, end) : nil
      }
      guard wordEnd - start == 20, Self.amazonPrefixes.contains(where: { bytes.has($0, at: start) }) else { return nil }
      guard (start..<wordEnd).allSatisfy({ bytes[$0].isUpper || bytes[$0].isDigit }) else { return nil }
      return (.cloudKey, "aws_access_key_id", 0.95, wordEnd)
    case UInt8(ascii: "e"):
      guard bytes.has("eyJ", at: start), let end = webTokenEnd(start) else { return nil }
      return (.jwt, "jwt", 0.95, end)
    default: return nil
    }
  }

  private static let maxHeaderBytes = 1024
  private static let maxTokenBytes = 16_384

  /// The end of a JSON Web Token (RFC 7519) in its compact form: three parts, the first of which is a JSON object with "alg".
  private func webTokenEnd(_ start: Int) -> Int? {
    let headerEnd = tokenEnd(from: start, limit: Self.maxHeaderBytes)
    guard bytes[headerEnd] == UInt8(ascii: "."), headerEnd - start > 12 else { return nil }
    let payloadEnd = tokenEnd(from: headerEnd + 1, limit: Self.maxTokenBytes)
    guard bytes[payloadEnd] == UInt8(ascii: "."), payloadEnd - headerEnd > 3 else { return nil }
    let header = Base64.decode(bytes, start..<headerEnd, limit: Self.maxHeaderBytes)
    guard Self.isHeader(header) else { return nil }
    return tokenEnd(from: payloadEnd + 1, limit: Self.maxTokenBytes)
  }

  private static func isHeader(_ bytes: [UInt8]) -> Bool {
    do { return try RawJSON(validating: bytes)["alg"]?.stringValue != nil } catch { return false }
  }
}
