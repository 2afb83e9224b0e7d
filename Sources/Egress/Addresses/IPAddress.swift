internal import Glibc

/// An IP address without port or zone. An IPv4 address in its IPv6-mapped form (`::ffff:10.0.0.1`) is the IPv4 address that it reaches.
package struct IPAddress: Sendable, Hashable {
  package enum Family: Sendable, Hashable {
    case ipv4, ipv6

    var bits: Int { self == .ipv4 ? 32 : 128 }
  }

  package let family: Family
  /// The address as a number; of an IPv4 address the low 32 bits.
  let value: UInt128

  init(ipv4 value: UInt32) {
    family = .ipv4
    self.value = UInt128(value)
  }

  init(ipv6 value: UInt128) {
    let isMapped = value >> 32 == 0xffff
    family = isMapped ? .ipv4 : .ipv6
    self.value = isMapped ? value & 0xffff_ffff : value
  }

  /// Reads the usual notations, and no others: four decimal numbers, or RFC 4291 section 2.2.
  package init?(_ text: String) {
    var bytes4 = in_addr()
    var bytes6 = in6_addr()
    if inet_pton(AF_INET, text, &bytes4) == 1 {
      self.init(ipv4: UInt32(bigEndian: bytes4.s_addr))
    } else if inet_pton(AF_INET6, text, &bytes6) == 1 {
      self.init(bytes6)
    } else {
      return nil
    }
  }

  private init(_ bytes: in6_addr) {
    self.init(ipv6: withUnsafeBytes(of: bytes) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } })
  }

  /// The address and port of a socket address of one of the two families.
  static func read(_ address: UnsafePointer<sockaddr>, length: Int) -> (address: IPAddress, port: Int)? {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
      let socket = raw.loadUnaligned(as: sockaddr_in.self)
      return (IPAddress(ipv4: UInt32(bigEndian: socket.sin_addr.s_addr)), Int(UInt16(bigEndian: socket.sin_port)))
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
      let socket = raw.loadUnaligned(as: sockaddr_in6.self)
      return (IPAddress(socket.sin6_addr), Int(UInt16(bigEndian: socket.sin6_port)))
    default:
      return nil
    }
  }
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    family == .ipv4 ? dotted : colons
  }

  private var dotted: String {
    stride(from: 24, through: 0, by: -8).map { String(UInt8(truncatingIfNeeded: value >> UInt128($0))) }.joined(separator: ".")
  }

  /// RFC 5952, as the C library writes it.
  private var colons: String {
    var bytes = in6_addr()
    withUnsafeMutableBytes(of: &bytes) { target in
      for index in 0..<16 { target[index] = UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * index)) }
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else { return "an IPv6 address" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
