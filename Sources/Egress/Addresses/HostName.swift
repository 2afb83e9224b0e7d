/// Host names as the policy compares them.
enum HostName {
  /// Lower case, without the dot of a fully qualified name; nil if a character does not belong in a host name or its length is wrong.
  static func normalize(_ name: String) -> String? {
    guard name.utf8.allSatisfy(isHostByte) else { return nil }
    let host = (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
    return (1...253).contains(host.utf8.count) && !host.hasPrefix(".") && !host.contains("..") ? host : nil
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
