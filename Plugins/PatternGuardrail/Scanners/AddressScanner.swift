extension TextScan {
  /// An IPv6 address (RFC 4291 section 2.2) that begins at `start`.
  mutating func ipv6(from start: Int, _ findings: inout Findings) {
    guard findings.wants(.ipAddress), start >= numberEnd else { return }
    let before = bytes[start - 1]
    guard !isInsideWord(start), before != UInt8(ascii: ":"), before != UInt8(ascii: ".") else { return }
    var (position, groups, hasGap, digits, longest) = (start, 0, false, 0, 0)
    if bytes.has("::", at: position) {
      hasGap = true
      position += 2
    }
    while groups < 9 {
      let groupStart = position
      while position - groupStart < 5, bytes[position].isHexDigit {
        digits += bytes[position].isDigit ? 1 : 0
        position += 1
      }
      let length = position - groupStart
      guard (1...4).contains(length) else { break }
      groups += 1
      longest = max(longest, length)
      if bytes.has("::", at: position), !hasGap {
        hasGap = true
        position += 2
      } else if bytes[position] == UInt8(ascii: ":"), bytes[position + 1].isHexDigit {
        position += 1
      } else {
        break
      }
    }
    guard !bytes[position].isWord, bytes[position] != UInt8(ascii: ":"), groups == 8 || hasGap && (2...7).contains(groups) else { return }
    guard digits > 0, groups > 2 || longest > 2 else { return }
    numberEnd = position
    report(.ipAddress, "ipv6", groups == 8 || longest > 2 ? 0.85 : 0.5, start..<position, &findings)
  }
}
