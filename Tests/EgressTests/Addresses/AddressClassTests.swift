import Egress
import Testing

@Suite struct AddressClassTests {
  @Test(
    arguments: [
      ("8.8.8.8", .publicInternet), ("1.0.0.1", .publicInternet), ("172.15.255.255", .publicInternet), ("172.32.0.0", .publicInternet),
      ("100.63.255.255", .publicInternet), ("100.128.0.0", .publicInternet), ("192.167.1.1", .publicInternet),
      ("10.0.0.0", .privateNetwork), ("10.255.255.255", .privateNetwork), ("172.16.0.1", .privateNetwork),
      ("172.31.255.255", .privateNetwork),
      ("192.168.1.1", .privateNetwork), ("100.64.0.1", .carrierNAT), ("100.127.255.255", .carrierNAT),
      ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("169.254.0.1", .linkLocal), ("169.254.169.254", .metadata),
      ("169.254.170.2", .metadata), ("100.100.100.200", .metadata), ("192.0.0.192", .metadata), ("168.63.129.16", .metadata),
      ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("224.0.0.1", .multicast), ("239.255.255.255", .multicast),
      ("240.0.0.1", .reserved),
      ("255.255.255.255", .reserved), ("192.0.2.1", .documentation), ("198.51.100.7", .documentation), ("203.0.113.9", .documentation),
      ("198.18.0.1", .reserved), ("192.0.0.8", .reserved), ("192.88.99.1", .reserved),
    ] as [(String, AddressClass)])
  func `IPv4`(_ text: String, _ expected: AddressClass) throws {
    #expect(try #require(IPAddress(text)).addressClass == expected)
  }

  @Test(
    arguments: [
      ("2606:4700:4700::1111", .publicInternet), ("2a00:1450:4001::200e", .publicInternet), ("2001:200::1", .publicInternet),
      ("::", .unspecified), ("::1", .loopback), ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork),
      ("fc00::1", .privateNetwork), ("fdff::1", .privateNetwork), ("fd00:ec2::254", .metadata), ("fd20:ce::254", .metadata),
      ("fe80::a9fe:a9fe", .metadata), ("ff02::1", .multicast), ("2001:db8::1", .documentation), ("3fff::1", .documentation),
      ("100::1", .reserved), ("4000::1", .reserved), ("2001::1", .reserved), ("2001:2::1", .reserved), ("5f00::1", .reserved),
    ] as [(String, AddressClass)])
  func `IPv6`(_ text: String, _ expected: AddressClass) throws {
    #expect(try #require(IPAddress(text)).addressClass == expected)
  }

  @Test(
    arguments: [
      // Mapped: the IPv4 address itself.
      ("::ffff:127.0.0.1", .loopback), ("::ffff:10.0.0.1", .privateNetwork), ("::ffff:a9fe:a9fe", .metadata),
      ("::ffff:8.8.8.8", .publicInternet),
      // Compatible and translated forms are of no use to anybody else.
      ("::10.0.0.1", .reserved), ("::8.8.8.8", .reserved), ("::ffff:0:10.0.0.1", .reserved),
      // NAT64, with the prefix that everyone uses and the one for private networks.
      ("64:ff9b::10.0.0.1", .privateNetwork), ("64:ff9b::169.254.169.254", .metadata), ("64:ff9b::8.8.8.8", .publicInternet),
      ("64:ff9b:1::8.8.8.8", .reserved),
      // 6to4, ISATAP, Teredo.
      ("2002:7f00:1::", .loopback), ("2002:c0a8:101::1", .privateNetwork), ("2002:808:808::1", .publicInternet),
      ("2a00::5efe:10.0.0.1", .privateNetwork), ("2a00::200:5efe:127.0.0.1", .loopback), ("2a00::5efe:8.8.8.8", .publicInternet),
      ("2001:0:4136:e378::1", .reserved),
    ] as [(String, AddressClass)])
  func `IPv6 that carries IPv4`(_ text: String, _ expected: AddressClass) throws {
    #expect(try #require(IPAddress(text)).addressClass == expected)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x7f.0.0.1", "256.1.1.1", " 1.2.3.4", "1.2.3.4 ", "::1%lo", "[::1]", ":::", "12345::",
    "localhost",
  ])
  func `other notations are no addresses`(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: [("::FFFF:1.2.3.4", "1.2.3.4"), ("2001:DB8:0:0::1", "2001:db8::1"), ("10.0.0.1", "10.0.0.1")])
  func `one address has one text`(_ text: String, _ expected: String) throws {
    #expect(try #require(IPAddress(text)).description == expected)
  }
}
