/// A range of addresses in CIDR notation: `10.0.0.0/8`, `fd00::/8`.
struct AddressBlock: Sendable, Hashable {
  let base: IPAddress
  let prefix: Int

  /// Nil unless `text` is an address, a slash and a length that the address's family has, with no bit set below the prefix.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let base = IPAddress(String(parts[0])), let prefix = Int(parts[1]), parts[1].allSatisfy(\.isNumber),
      (0...base.family.bits).contains(prefix)
    else { return nil }
    self.init(base, prefix: prefix)
    // With a prefix of 0 the shift leaves nothing, and all bits are below it.
    let bitsBelow = (UInt128(1) << UInt128(base.family.bits - prefix)) &- 1
    if base.value & bitsBelow != 0 { return nil }
  }

  init(_ base: IPAddress, prefix: Int) {
    self.base = base
    self.prefix = prefix
  }

  /// The block of an IPv4 address written as four numbers.
  init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, prefix: Int) {
    self.init(IPAddress(ipv4: a << 24 | b << 16 | c << 8 | d), prefix: prefix)
  }

  /// The block of an IPv6 address given by its first groups of 16 bits; the others are zero.
  init(groups: UInt16..., prefix: Int) {
    let filled = groups.prefix(8) + Array(repeating: 0, count: max(0, 8 - groups.count))
    self.init(IPAddress(ipv6: filled.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }), prefix: prefix)
  }

  func contains(_ address: IPAddress) -> Bool {
    guard address.family == base.family else { return false }
    let shift = UInt128(base.family.bits - prefix)
    return address.value >> shift == base.value >> shift
  }
}
