internal import JSON

/// `enkrypt:<server>:<uri>`: a server's URI, or URI template, with the server's name before it. Reversible without any list: the server's own text
/// follows byte by byte. A path without a slash at its beginning is opaque to URI parsers (WHATWG URL section 4.4), so clients do not normalise what is
/// inside; the prefix has no braces, so what expands a template (RFC 6570) leaves it alone.
package enum FederatedURI {
  static let scheme = "enkrypt"

  package static func prefix(_ server: String) -> String { "\(scheme):\(encoded(server)):" }

  /// The server's name and its own URI; nil when this is no such URI.
  package static func parts(_ uri: String) -> (server: String, uri: String)? {
    let bytes = Array(uri.utf8)
    guard let schemeEnd = bytes.firstIndex(of: UInt8(ascii: ":")), isScheme(bytes[..<schemeEnd]) else { return nil }
    let rest = bytes[(schemeEnd + 1)...]
    guard let nameEnd = rest.firstIndex(of: UInt8(ascii: ":")), let server = decoded(rest[..<nameEnd]), nameEnd + 1 < bytes.count else {
      return nil
    }
    return (server, String(decoding: bytes[(nameEnd + 1)...], as: UTF8.self))
  }

  /// Schemes are the same in any case (RFC 3986 section 3.1).
  private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count == scheme.utf8.count && zip(bytes, scheme.utf8).allSatisfy { $0 | 0x20 == $1 }
  }

  /// Percent-encodes all but unreserved characters (RFC 3986 section 2.3).
  package static func encoded(_ name: String) -> String {
    var text: [UInt8] = []
    for byte in name.utf8 {
      if FederatedNames.isNameByte(byte) || byte == UInt8(ascii: "~") {
        text.append(byte)
      } else {
        text += "%\(Hex.encode([byte]).uppercased())".utf8
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// - Returns: nil when a percent sign begins no escape, or the escapes make no UTF-8.
  package static func decoded(_ name: some Collection<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = name.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(Hex.value), let low = rest.next().flatMap(Hex.value) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension FederatedURI {
  /// The JSON string `uri` with the prefix at its beginning; the rest byte by byte, escapes included.
  static func prefixed(_ uri: RawJSON, with prefix: String) -> [UInt8] {
    [UInt8(ascii: "\"")] + Array(prefix.utf8) + uri.bytes.dropFirst()
  }
}
