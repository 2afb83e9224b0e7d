extension TextScan {
  private static let maxLabelBytes = 40

  /// A private key in PEM (RFC 7468), whatever stands between its lines: they may be joined by `\n` in letters.
  mutating func privateKey(at position: Int, _ findings: inout Findings) {
    guard position >= tokenEnd, bytes.has("-----BEGIN ", at: position) else { return }
    let label = position + 11
    var labelEnd = label
    while labelEnd - label < Self.maxLabelBytes, bytes[labelEnd].isUpper || bytes[labelEnd] == UInt8(ascii: " ") || bytes[labelEnd].isDigit
    { labelEnd += 1 }
    guard bytes.has("-----", at: labelEnd) || bytes.has(" BLOCK-----", at: labelEnd) else { return }
    guard (label..<labelEnd).contains(where: { bytes.has("PRIVATE KEY", at: $0) }) else { return }
    let end = pemEnd(from: labelEnd + 5) ?? labelEnd + 5
    tokenEnd = end
    let isServiceAccount = end < bytes.count && hasServiceAccount(position)
    report(.privateKey, isServiceAccount ? "gcp_service_account_key" : "private_key", 0.95, position..<end, &findings)
  }

  /// Where the block's last line ends. When there is none, there is none for later blocks either.
  private mutating func pemEnd(from start: Int) -> Int? {
    guard !lacksPEMEnd else { return nil }
    var position = start
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "-"), bytes.has("-----END ", at: position) {
        var end = position + 9
        while end - position < 9 + Self.maxLabelBytes, bytes[end].isUpper || bytes[end] == UInt8(ascii: " ") { end += 1 }
        while bytes[end] == UInt8(ascii: "-") { end += 1 }
        return end
      }
      position += 1
    }
    lacksPEMEnd = true
    return nil
  }

  /// Whether "private_key" stands before the block as a member's name, as in the key files of Google's service accounts.
  private func hasServiceAccount(_ position: Int) -> Bool {
    (max(0, position - 24)..<position).contains { bytes.has("\"private_key\"", at: $0) }
  }
}
