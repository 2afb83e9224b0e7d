/// Which addresses a server or a plugin's binding may be connected to. Public addresses always; others only if `egress.allow` lists them.
///
/// - An address entry opens that address, a port entry only that port of it, whatever name led there.
/// - A network entry opens the addresses in it, except cloud metadata services.
/// - A host entry opens what the host of that name resolves to when the request's URL names exactly that host, except cloud metadata services,
///   `0.0.0.0`, `::` and multicast: who controls the name's DNS answers does not get these.
/// - A metadata service is reached only if its very address is an entry.
package struct AddressPolicy: Sendable, Hashable {
  /// Public addresses only.
  package static let publicOnly = AddressPolicy(entries: [])

  private let entries: [AllowEntry]

  package init(allowing entries: [String]) throws(AllowEntryError) {
    var read: [AllowEntry] = []
    for entry in entries { read.append(try AllowEntry(entry)) }
    self.init(entries: read)
  }

  private init(entries: [AllowEntry]) {
    self.entries = entries
  }

  /// Nil if a request to `host` may be connected to `address` and `port`, else the class that is refused.
  package func refusedClass(of address: IPAddress, port: Int, host: String) -> AddressClass? {
    let addressClass = address.addressClass
    if addressClass == .publicInternet { return nil }
    return entries.contains { opens($0, address, addressClass, port, host) } ? nil : addressClass
  }

  private func opens(_ entry: AllowEntry, _ address: IPAddress, _ addressClass: AddressClass, _ port: Int, _ host: String) -> Bool {
    switch entry {
    case .address(let allowed, let allowedPort):
      return allowed == address && (allowedPort ?? port) == port
    case .block(let block):
      return block.contains(address) && (addressClass != .metadata || block.prefix == address.family.bits)
    case .host(let name, let allowedPort):
      return name == host && (allowedPort ?? port) == port && ![.metadata, .unspecified, .multicast].contains(addressClass)
    }
  }
}
