/// One line of `egress.allow`: `internal.example`, `localhost:4317`, `10.1.2.3`, `127.0.0.1:8080`, `[::1]:8080`, `10.0.0.0/8`.
enum AllowEntry: Sendable, Hashable {
  case host(String, port: Int?)
  case address(IPAddress, port: Int?)
  case block(AddressBlock)

  init(_ text: String) throws(AllowEntryError) {
    if text.contains("/") {
      self = try Self.readBlock(text)
    } else if let address = IPAddress(text) {
      self = .address(address, port: nil)
    } else {
      let (name, port) = try Self.splitPort(text)
      if let address = IPAddress(name) {
        self = .address(address, port: port)
      } else {
        self = .host(try Self.readHost(name, of: text), port: port)
      }
    }
  }

  private static func readBlock(_ text: String) throws(AllowEntryError) -> AllowEntry {
    guard !text.contains("://") else {
      throw AllowEntryError(entry: text, reason: "write the host and port only, without a scheme or path")
    }
    guard let block = AddressBlock(text) else {
      throw AllowEntryError(entry: text, reason: "not a network in CIDR notation with zeros below its prefix, such as 10.0.0.0/8")
    }
    return .block(block)
  }

  /// `host`, `host:port`, `[address]` or `[address]:port` without brackets, and the port.
  private static func splitPort(_ text: String) throws(AllowEntryError) -> (name: String, port: Int?) {
    var name = text[...]
    var rest = text[...].suffix(0)
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      name = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard IPAddress(String(name))?.family == .ipv6 else { throw AllowEntryError(entry: text, reason: "no IPv6 address in the brackets") }
    } else if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      rest = text[colon...]
    }
    if rest.isEmpty { return (String(name), nil) }
    guard rest.first == ":", rest.dropFirst().allSatisfy({ ("0"..."9").contains($0) }), let port = Int(rest.dropFirst()),
      (1...65535).contains(port)
    else { throw AllowEntryError(entry: text, reason: "the port is not a number from 1 to 65535") }
    return (String(name), port)
  }

  private static func readHost(_ name: String, of text: String) throws(AllowEntryError) -> String {
    guard let host = HostName.normalize(name) else {
      throw AllowEntryError(entry: text, reason: "neither a host name, an IP address nor a network in CIDR notation")
    }
    guard let last = host.split(separator: ".").last, !last.allSatisfy(\.isNumber) else {
      throw AllowEntryError(entry: text, reason: "not a complete IP address")
    }
    return host
  }
}

/// Why a line of `egress.allow` cannot be read.
package struct AllowEntryError: Error, Sendable, Hashable, CustomStringConvertible {
  package let entry: String
  package let reason: String

  package var description: String { "\"\(entry)\": \(reason)" }
}
