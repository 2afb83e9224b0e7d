/// The three HTTP headers in which a 2026-07-28 request repeats what its body says, so that intermediaries can route without parsing it.
package struct RoutingHeaders: Sendable, Equatable {
  package static let versionName = "mcp-protocol-version"
  package static let methodName = "mcp-method"
  package static let nameName = "mcp-name"

  /// `MCP-Protocol-Version`, without surrounding blanks; nil if absent. Of a doubled header the first.
  package private(set) var version: String?
  /// `Mcp-Method`.
  package private(set) var method: String?
  /// `Mcp-Name`, as sent: see `HeaderText.decode`.
  package private(set) var name: String?
  /// The first header that came twice: readers that take the first and readers that take the last would disagree about it.
  package private(set) var duplicate: String?

  /// Header names match in any case.
  package init(_ fields: some Sequence<(name: String, value: String)>) {
    for (name, value) in fields where (name.utf8.first ?? 0) | 0x20 == UInt8(ascii: "m") {
      if Self.isSame(name, Self.versionName) {
        Self.take(value, Self.versionName, &version, &duplicate)
      } else if Self.isSame(name, Self.methodName) {
        Self.take(value, Self.methodName, &method, &duplicate)
      } else if Self.isSame(name, Self.nameName) {
        Self.take(value, Self.nameName, &self.name, &duplicate)
      }
    }
  }

  private static func take(_ value: String, _ name: String, _ target: inout String?, _ duplicate: inout String?) {
    if target == nil {
      target = HeaderText.trimmed(value)
    } else {
      duplicate = duplicate ?? name
    }
  }

  private static func isSame(_ name: String, _ lowercased: String) -> Bool {
    guard name.utf8.count == lowercased.utf8.count else { return false }
    var wanted = lowercased.utf8.makeIterator()
    for byte in name.utf8 where (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte) != wanted.next() {
      return false
    }
    return true
  }
}
