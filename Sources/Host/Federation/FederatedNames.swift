/// How the items of several servers are called where they are offered together: `<server>__<item>`. The name alone says where an item is, so that a
/// request needs no memory of the list it was found in.
package struct FederatedNames: Sendable {
  /// An item as its own server calls it.
  package struct Place: Sendable {
    package let server: ServerEntry
    package let item: String
  }

  package let servers: [ServerEntry]
  /// In the order of `servers`; nil: names and URIs stay as they are.
  private let prefixes: [String]?

  package init(_ servers: [ServerEntry], _ settings: FederationSettings) {
    self.servers = servers
    prefixes = settings.isPrefixed ? servers.map { Self.prefix($0.name, separator: settings.nameSeparator) } : nil
  }

  /// One server under its own names.
  package init(only server: ServerEntry) {
    servers = [server]
    prefixes = nil
  }

  // MARK: Names

  /// What stands before the names of a server's items. What MCP does not permit in a tool's name becomes `_`.
  package static func prefix(_ server: String, separator: String) -> String {
    String(decoding: server.unicodeScalars.map { isNameScalar($0) ? UInt8($0.value) : UInt8(ascii: "_") }, as: UTF8.self) + separator
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && isNameByte(UInt8(scalar.value)) }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// - Parameter index: of the server.
  /// - Returns: nil when that name means an item of another server: the longer prefix counts, then the earlier server. Such an item is not offered.
  package func name(of item: String, at index: Int) -> String? {
    guard let prefixes else { return item }
    let name = prefixes[index] + item
    return owner(of: name) == index ? name : nil
  }

  package func place(of name: String) -> Place? {
    guard let prefixes else { return servers.first.map { Place(server: $0, item: name) } }
    guard let index = owner(of: name) else { return nil }
    return Place(server: servers[index], item: String(decoding: name.utf8.dropFirst(prefixes[index].utf8.count), as: UTF8.self))
  }

  private func owner(of name: String) -> Int? {
    guard let prefixes else { return nil }
    var best: Int?
    for (index, prefix) in prefixes.enumerated() where name.utf8.count > prefix.utf8.count && name.utf8.starts(with: prefix.utf8) {
      if best.map({ prefix.utf8.count > prefixes[$0].utf8.count }) ?? true { best = index }
    }
    return best
  }

  // MARK: URIs

  /// What stands before the URIs and URI templates of a server's resources; nil: they stay as they are.
  package func uriPrefix(of server: ServerEntry) -> String? { prefixes == nil ? nil : FederatedURI.prefix(server.name) }

  /// The server whose resource that is, and the URI as that server calls it.
  package func place(ofURI uri: String) -> Place? {
    guard prefixes != nil else { return servers.first.map { Place(server: $0, item: uri) } }
    guard let (name, item) = FederatedURI.parts(uri), let server = servers.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    return Place(server: server, item: item)
  }
}
