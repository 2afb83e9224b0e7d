/// Request headers as libcurl takes them.
enum HeaderLine {
  /// Written by the client, or meaningful to the connection only (RFC 9110 section 7.6.1).
  private static let reserved: Set<String> = [
    "host", "connection", "keep-alive", "transfer-encoding", "upgrade", "expect", "proxy-authorization", "proxy-connection",
    "http2-settings",
  ]

  /// - Throws: `badRequest` that names the header, never its value.
  static func lines(_ headers: [(name: String, value: String)], bodyBytes: Int, limitBytes: Int) throws(EgressError) -> [String] {
    var lines: [String] = []
    var total = 0
    for (name, value) in headers {
      guard isToken(name) else { throw .badRequest("a header's name is not a token") }
      let lowered = name.lowercased()
      guard !reserved.contains(lowered) else { throw .badRequest("the header \(lowered) may not be set") }
      guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else {
        throw .badRequest("the value of the header \(lowered) has a control character")
      }
      let trimmed = trim(value)
      total += name.utf8.count + trimmed.utf8.count + 4
      guard total <= limitBytes else { throw .badRequest("its headers exceed \(limitBytes) bytes") }
      if lowered == "content-length" {
        guard Int(trimmed) == bodyBytes else { throw .badRequest("the header content-length is not the body's length") }
      } else {
        lines.append(trimmed.isEmpty ? "\(name);" : "\(name): \(trimmed)")
      }
    }
    return lines + defaults(absentFrom: headers)
  }

  /// Headers that libcurl would add of its own are switched off by a line without a value.
  private static func defaults(absentFrom headers: [(name: String, value: String)]) -> [String] {
    ["Accept", "Content-Type", "Expect"].filter { name in !headers.contains { $0.name.lowercased() == name.lowercased() } }.map { "\($0):" }
  }

  private static func trim(_ value: String) -> Substring {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    guard let first = value.utf8.firstIndex(where: { !isBlank($0) }), let last = value.utf8.lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return value[first...last]
  }

  /// RFC 9110 section 5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
