extension TextScan {
  private static let maxDocumentBytes = 24

  private static let documents: [(cue: Cue, code: StaticString, confidence: Double)] = [
    (.passport, "passport", 0.85), (.licence, "drivers_license", 0.8), (.nationalID, "national_id", 0.75), (.taxID, "tax_id", 0.75),
    (.insurance, "uk_nino", 0.8),
  ]

  /// The number of a passport, a licence or another document of identity: only a word near it tells what it is.
  /// - Returns: whether it is one.
  mutating func documentNumber(_ word: Word, _ findings: inout Findings) -> Bool {
    let start = word.range.lowerBound
    guard findings.wants(.identityDocument), word.bits & (ByteClass.lower | ByteClass.other) == 0, start >= numberEnd, start >= tokenEnd
    else {
      return false
    }
    if isInsuranceNumber(word) {
      report(.identityDocument, "uk_nino", hasCue(.insurance, before: start) ? 0.9 : 0.65, word.range, &findings)
      return true
    }
    let before = bytes[start - 1]
    guard word.range.count <= Self.maxDocumentBytes, before != UInt8(ascii: "."), before != UInt8(ascii: "_") else { return false }
    let end = documentEnd(word)
    let length = end - start
    let digits = (start..<end).count { bytes[$0].isDigit }
    guard (6...Self.maxDocumentBytes).contains(length), digits >= 5, !isYears(start..<end) else { return false }
    guard let kind = Self.documents.first(where: { hasCue($0.cue, before: start) }) else { return false }
    (numberEnd, tokenEnd) = (end, end)
    report(.identityDocument, kind.code, kind.confidence, start..<end, &findings)
    return true
  }

  /// Groups that hang together by hyphens belong to one number.
  private func documentEnd(_ word: Word) -> Int {
    var end = word.range.upperBound
    while bytes[end] == UInt8(ascii: "-"), bytes[end + 1].isDigit || bytes[end + 1].isUpper,
      end - word.range.lowerBound < Self.maxDocumentBytes
    {
      end += 1
      while bytes[end].isDigit || bytes[end].isUpper, end - word.range.lowerBound <= Self.maxDocumentBytes { end += 1 }
    }
    return end
  }

  /// "2015-2016".
  private func isYears(_ range: Range<Int>) -> Bool {
    range.count == 9 && bytes[range.lowerBound + 4] == UInt8(ascii: "-") && range.allSatisfy { !bytes[$0].isUpper }
  }

  /// A UK national insurance number: two letters, six digits, a letter from A to D.
  private func isInsuranceNumber(_ word: Word) -> Bool {
    let start = word.range.lowerBound
    guard word.range.count == 9, bytes[start].isUpper, bytes[start + 1].isUpper,
      (UInt8(ascii: "A")...UInt8(ascii: "D")).contains(bytes[start + 8])
    else { return false }
    guard (2..<8).allSatisfy({ bytes[start + $0].isDigit }) else { return false }
    let never = Array("DFIQUV".utf8)
    return !never.contains(bytes[start]) && !never.contains(bytes[start + 1]) && bytes[start + 1] != UInt8(ascii: "O")
  }
}
