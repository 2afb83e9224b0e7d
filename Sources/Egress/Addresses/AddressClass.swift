/// What kind of network an address belongs to (IANA special-purpose registries, RFC 6890). Only `publicInternet` is reached without an entry in
/// `egress.allow`.
package enum AddressClass: String, Sendable, Hashable {
  case publicInternet = "public"
  case privateNetwork = "private"
  case loopback
  case linkLocal = "link-local"
  case carrierNAT = "carrier-grade NAT"
  case metadata = "cloud metadata"
  case unspecified
  case multicast
  case documentation
  case reserved
}

extension IPAddress {
  /// The class of this address. A form that carries an IPv4 address (NAT64, 6to4, ISATAP) has the class of what it carries.
  package var addressClass: AddressClass {
    if Self.metadataServices.contains(self) { return .metadata }
    if let carried = carriedIPv4, carried.addressClass != .publicInternet { return carried.addressClass }
    if let known = Self.specialBlocks.first(where: { $0.block.contains(self) }) { return known.addressClass }
    return family == .ipv4 || AddressBlock(groups: 0x2000, prefix: 3).contains(self) ? .publicInternet : .reserved
  }

  /// The IPv4 address inside NAT64 (RFC 6052), 6to4 (RFC 3056) and ISATAP (RFC 5214) addresses.
  private var carriedIPv4: IPAddress? {
    guard family == .ipv6 else { return nil }
    if AddressBlock(groups: 0x64, 0xff9b, prefix: 96).contains(self) { return IPAddress(ipv4: UInt32(truncatingIfNeeded: value)) }
    if AddressBlock(groups: 0x2002, prefix: 16).contains(self) { return IPAddress(ipv4: UInt32(truncatingIfNeeded: value >> 80)) }
    let interface = UInt32(truncatingIfNeeded: value >> 32)
    return interface & ~0x0200_0000 == 0x5efe ? IPAddress(ipv4: UInt32(truncatingIfNeeded: value)) : nil
  }

  /// Where cloud providers hand credentials to whoever asks from the machine.
  private static let metadataServices: Set<IPAddress> = Set(
    [
      "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",  // AWS, and most others
      "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fe80::a9fe:a9fe",  // Google, Alibaba, Oracle, Azure, OpenStack
    ].compactMap { IPAddress($0) })

  private static let specialBlocks: [(block: AddressBlock, addressClass: AddressClass)] = [
    (AddressBlock(0, 0, 0, 0, prefix: 8), .unspecified),
    (AddressBlock(10, 0, 0, 0, prefix: 8), .privateNetwork),
    (AddressBlock(100, 64, 0, 0, prefix: 10), .carrierNAT),
    (AddressBlock(127, 0, 0, 0, prefix: 8), .loopback),
    (AddressBlock(169, 254, 0, 0, prefix: 16), .linkLocal),
    (AddressBlock(172, 16, 0, 0, prefix: 12), .privateNetwork),
    (AddressBlock(192, 0, 0, 0, prefix: 24), .reserved),
    (AddressBlock(192, 0, 2, 0, prefix: 24), .documentation),
    (AddressBlock(192, 88, 99, 0, prefix: 24), .reserved),
    (AddressBlock(192, 168, 0, 0, prefix: 16), .privateNetwork),
    (AddressBlock(198, 18, 0, 0, prefix: 15), .reserved),
    (AddressBlock(198, 51, 100, 0, prefix: 24), .documentation),
    (AddressBlock(203, 0, 113, 0, prefix: 24), .documentation),
    (AddressBlock(224, 0, 0, 0, prefix: 4), .multicast),
    (AddressBlock(240, 0, 0, 0, prefix: 4), .reserved),
    (AddressBlock(groups: 0, prefix: 128), .unspecified),
    (AddressBlock(groups: 0, 0, 0, 0, 0, 0, 0, 1, prefix: 128), .loopback),
    (AddressBlock(groups: 0x64, 0xff9b, prefix: 96), .publicInternet),  // what it carries is public, or this line is not reached
    (AddressBlock(groups: 0x2001, 0, prefix: 23), .reserved),  // Teredo, benchmarking, ORCHID and other protocol assignments
    (AddressBlock(groups: 0x2001, 0xdb8, prefix: 32), .documentation),
    (AddressBlock(groups: 0x3fff, prefix: 20), .documentation),
    (AddressBlock(groups: 0xfc00, prefix: 7), .privateNetwork),
    (AddressBlock(groups: 0xfe80, prefix: 10), .linkLocal),
    (AddressBlock(groups: 0xfec0, prefix: 10), .privateNetwork),
    (AddressBlock(groups: 0xff00, prefix: 8), .multicast),
  ]
}
