import Egress
import Testing

@Suite struct AddressPolicyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let allow: [String]
    let address: String
    var port = 443
    var host = "api.example.com"
    let isPermitted: Bool

    var testDescription: String { "\(host) at \(address) port \(port) with \(allow)" }
  }

  @Test(arguments: [
    Case(allow: [], address: "93.184.216.34", isPermitted: true),
    Case(allow: [], address: "10.0.0.1", isPermitted: false),
    Case(allow: [], address: "127.0.0.1", isPermitted: false),
    Case(allow: [], address: "169.254.169.254", isPermitted: false),
    // An address, whatever name led to it.
    Case(allow: ["10.0.0.1"], address: "10.0.0.1", isPermitted: true),
    Case(allow: ["10.0.0.1"], address: "::ffff:10.0.0.1", isPermitted: true),
    Case(allow: ["10.0.0.1"], address: "10.0.0.2", isPermitted: false),
    Case(allow: ["10.0.0.1"], address: "64:ff9b::10.0.0.1", isPermitted: false),
    Case(allow: ["10.0.0.1:8080"], address: "10.0.0.1", port: 8080, isPermitted: true),
    Case(allow: ["10.0.0.1:8080"], address: "10.0.0.1", port: 8081, isPermitted: false),
    Case(allow: ["[::1]:8080"], address: "::1", port: 8080, isPermitted: true),
    Case(allow: ["[::1]:8080"], address: "::1", port: 80, isPermitted: false),
    Case(allow: ["[::1]"], address: "::1", isPermitted: true),
    Case(allow: ["::1"], address: "::1", isPermitted: true),
    Case(allow: ["127.0.0.1"], address: "::1", host: "localhost", isPermitted: false),
    Case(allow: ["224.0.0.1"], address: "224.0.0.1", isPermitted: true),
    Case(allow: ["0.0.0.0"], address: "0.0.0.0", isPermitted: true),
    // A network.
    Case(allow: ["10.0.0.0/8"], address: "10.255.0.1", isPermitted: true),
    Case(allow: ["10.0.0.0/8"], address: "11.0.0.1", isPermitted: true),
    Case(allow: ["10.0.0.0/8"], address: "192.168.0.1", isPermitted: false),
    Case(allow: ["fd00::/8"], address: "fd12::1", isPermitted: true),
    Case(allow: ["fd00::/8"], address: "fc00::1", isPermitted: false),
    Case(allow: ["::/0"], address: "10.0.0.1", isPermitted: false),
    Case(allow: ["0.0.0.0/0"], address: "127.0.0.1", isPermitted: true),
    // A host, under its name only.
    Case(allow: ["wiki.corp"], address: "10.0.0.1", host: "wiki.corp", isPermitted: true),
    Case(allow: ["Wiki.Corp."], address: "fd00::1", host: "wiki.corp", isPermitted: true),
    Case(allow: ["wiki.corp"], address: "10.0.0.1", host: "evil.wiki.corp", isPermitted: false),
    Case(allow: ["wiki.corp"], address: "10.0.0.1", host: "wiki.corp.evil", isPermitted: false),
    Case(allow: ["wiki.corp:8080"], address: "10.0.0.1", port: 8080, host: "wiki.corp", isPermitted: true),
    Case(allow: ["wiki.corp:8080"], address: "10.0.0.1", port: 22, host: "wiki.corp", isPermitted: false),
    Case(allow: ["wiki.corp"], address: "127.0.0.1", host: "wiki.corp", isPermitted: true),
    Case(allow: ["wiki.corp"], address: "0.0.0.0", host: "wiki.corp", isPermitted: false),
    Case(allow: ["wiki.corp"], address: "ff02::1", host: "wiki.corp", isPermitted: false),
    Case(allow: ["localhost"], address: "::1", host: "localhost", isPermitted: true),
    // Metadata services: their very address, or not at all.
    Case(allow: ["0.0.0.0/0", "::/0"], address: "169.254.169.254", isPermitted: false),
    Case(allow: ["169.254.0.0/16"], address: "169.254.169.254", isPermitted: false),
    Case(allow: ["169.254.0.0/16"], address: "169.254.1.1", isPermitted: true),
    Case(allow: ["metadata.google.internal"], address: "169.254.169.254", host: "metadata.google.internal", isPermitted: false),
    Case(allow: ["169.254.169.254"], address: "169.254.169.254", isPermitted: true),
    Case(allow: ["169.254.169.254/32"], address: "169.254.169.254", isPermitted: true),
    Case(allow: ["fd00:ec2::/64"], address: "fd00:ec2::254", isPermitted: false),
  ])
  func `what an entry opens`(_ row: Case) throws {
    let policy = try AddressPolicy(allowing: row.allow)
    let address = try #require(IPAddress(row.address))
    #expect((policy.refusedClass(of: address, port: row.port, host: row.host) == nil) == row.isPermitted)
  }

  @Test(arguments: [
    "", "http://wiki.corp", "https://wiki.corp/x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "/8", "wiki.corp/8", "10.0.0",
    "1.2.3.4.5",
    "wiki.corp:", "wiki.corp:0", "wiki.corp:65536", "wiki.corp:http", "wiki.corp:-1", "wiki corp", "*.corp", "wiki..corp", ".corp",
    "[10.0.0.1]:80",
    "[::1", "[::1]80", "::1:", "wiki.corp:80:80", "bücher.example", "user@wiki.corp",
  ])
  func `an entry that cannot be read is an error that quotes it`(_ entry: String) {
    let error = #expect(throws: AllowEntryError.self) { try AddressPolicy(allowing: ["localhost", entry]) }
    #expect(error?.entry == entry)
  }

  @Test func `policies with the same entries are equal`() throws {
    #expect(try AddressPolicy(allowing: ["LOCALHOST", "10.0.0.0/8"]) == AddressPolicy(allowing: ["localhost.", "10.0.0.0/8"]))
    #expect(try AddressPolicy(allowing: []) == .publicOnly)
  }
}
