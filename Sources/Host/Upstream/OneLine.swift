internal import Glibc
internal import JSON

/// Newline framing carries one message a line, so JSON text must not hold a line break between its tokens.
enum OneLine {
  static func params(_ text: [UInt8]) throws(UpstreamError) -> [UInt8] {
    guard hasLineBreak(text) else { return text }
    do {
      return Array(try RawJSON(validating: text).compacted().bytes)
    } catch {
      throw .protocolViolation("the parameters of the call are not JSON: \(error)")
    }
  }

  private static func hasLineBreak(_ text: [UInt8]) -> Bool {
    text.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return memchr(base, 0x0A, bytes.count) != nil || memchr(base, 0x0D, bytes.count) != nil
    }
  }
}
