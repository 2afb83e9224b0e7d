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
    for field in fields where Self.mayRoute(field.name) {
      switch field.name.lowercased() {
      case Self.versionName: take(field, as: \.version)
      case Self.methodName: take(field, as: \.method)
      case Self.nameName: take(field, as: \.name)
      default: break
      }
    }
  }

  private mutating func take(_ field: (name: String, value: String), as target: WritableKeyPath<Self, String?>) {
    if self[keyPath: target] == nil {
      self[keyPath: target] = HeaderText.trimmed(field.value)
    } else if duplicate == nil {
      duplicate = field.name.lowercased()
    }
  }

  /// Spares most headers the lower-casing.
  private static func mayRoute(_ name: String) -> Bool {
    let first = name.utf8.first
    return first == UInt8(ascii: "m") || first == UInt8(ascii: "M")
  }
}
