extension TextScan {
  private static let maxLocalBytes = 64
  private static let maxDomainBytes = 253

  /// An address around the "@" at `position` (RFC 5321, without quoted local parts and address literals).
  func email(at position: Int, _ findings: inout Findings) {
    guard findings.wants(.email) else { return }
    var start = position
    while start > position - Self.maxLocalBytes, isLocal(bytes[start - 1]) { start -= 1 }
    if isEscape(at: start - 1) { start += 1 }
    while start < position, bytes[start] == UInt8(ascii: ".") { start += 1 }
    guard start < position, bytes[position - 1] != UInt8(ascii: ".") else { return }
    var (end, lastDot) = (position + 1, -1)
    while end < position + Self.maxDomainBytes {
      let byte = bytes[end]
      if byte == UInt8(ascii: ".") {
        guard bytes[end + 1].isWord, bytes[end - 1].isWord else { break }
        lastDot = end
      } else if !(byte.isWord || byte == UInt8(ascii: "-")) {
        break
      }
      end += 1
    }
    while end > position, bytes[end - 1] == UInt8(ascii: "-") { end -= 1 }
    guard lastDot > position + 1, end - lastDot > 2, (lastDot + 1..<end).allSatisfy({ !bytes[$0].isDigit }) else { return }
    // git@host:path names a repository.
    let isRepository = bytes[end] == UInt8(ascii: ":") && position - start == 3 && bytes.has("git", at: start)
    report(.email, "email", isRepository ? 0.3 : 0.95, start..<end, &findings)
  }

  private func isLocal(_ byte: UInt8) -> Bool {
    if byte.isWord { return true }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "'"),
      UInt8(ascii: "&"),
      UInt8(ascii: "#"):
      return true
    default: return false
    }
  }
}
