import Egress
import Foundation
import Glibc
import NIOCore
import Testing

@Suite struct TLSTests {
  private let certificates: Certificates

  init() throws {
    certificates = try Certificates()
  }

  private func request(_ port: Int, _ profile: TLSProfile?, host: String = "localhost") throws -> EgressRequest {
    var request = EgressRequest(url: "https://\(host):\(port)/", deadline: .now() + .seconds(20))
    request.rules = EgressRules(addresses: try AddressPolicy(allowing: ["127.0.0.1", "::1", "localhost"]))
    if let profile {
      request.rules.tlsProfiles = ["test": profile]
      request.tlsProfile = "test"
    }
    return request
  }

  private func text(_ request: EgressRequest, _ settings: EgressSettings = EgressSettings()) async throws -> String {
    let client = try EgressClient(settings)
    let result: Result<String, any Error>
    do { result = .success(try await client.send(request).body.text()) } catch { result = .failure(error) }
    await client.shutdown()
    return try result.get()
  }

  private func expectTLSFailure(_ request: EgressRequest, _ part: String, sourceLocation: SourceLocation = #_sourceLocation) async {
    let error = await #expect(throws: EgressError.self, sourceLocation: sourceLocation) { try await text(request) }
    guard case .tls(_, let reason) = error, reason.contains(part) else {
      Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
      return
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `a private authority is trusted by the profile that names it`(_ host: String) async throws {
    let server = try TLSServer(certificates)
    let page = try await text(request(server.port, TLSProfile(authoritiesFile: certificates["ca.pem"]), host: host))
    #expect(page.contains("TLSv1.3"))
    #expect(page.contains("no client certificate available"))
  }

  @Test func `a directory of authorities works as well`() async throws {
    let directory = certificates["authorities"]
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let hash = try opensslOutput("x509", "-in", certificates["ca.pem"], "-noout", "-hash").trimmingCharacters(in: .whitespacesAndNewlines)
    if !FileManager.default.fileExists(atPath: "\(directory)/\(hash).0") {
      try FileManager.default.copyItem(atPath: certificates["ca.pem"], toPath: "\(directory)/\(hash).0")
    }
    let server = try TLSServer(certificates)
    #expect(try await text(request(server.port, TLSProfile(authoritiesDirectory: directory))).contains("TLSv1.3"))
  }

  @Test func `neither the system's authorities nor another one vouch for it`() async throws {
    let server = try TLSServer(certificates)
    await expectTLSFailure(try request(server.port, nil), "unable to get local issuer")
    await expectTLSFailure(
      try request(server.port, TLSProfile(authoritiesFile: certificates["other-ca.pem"])), "unable to get local issuer")
  }

  @Test func `a certificate for another name is refused`() async throws {
    let server = try TLSServer(certificates, certificate: "elsewhere")
    await expectTLSFailure(try request(server.port, TLSProfile(authoritiesFile: certificates["ca.pem"])), "localhost")
  }

  @Test func `a client certificate is presented, and missed where it is required`() async throws {
    let server = try TLSServer(certificates, "-Verify", "1", "-verify_return_error", "-CAfile", certificates["ca.pem"])
    var profile = TLSProfile(authoritiesFile: certificates["ca.pem"])
    await expectTLSFailure(try request(server.port, profile), "alert")
    profile.certificateFile = certificates["client.pem"]
    profile.keyFile = certificates["client.key"]
    let page = try await text(request(server.port, profile))
    #expect(page.contains("Subject: CN=client"))
    profile.certificateFile = certificates["stranger.pem"]
    profile.keyFile = certificates["stranger.key"]
    await expectTLSFailure(try request(server.port, profile), "alert")
  }

  @Test func `files that are not there are an error that says so`() async throws {
    let server = try TLSServer(certificates)
    await expectTLSFailure(try request(server.port, TLSProfile(authoritiesFile: "/no/such/file.pem")), "/no/such/file.pem")
    var profile = TLSProfile(authoritiesFile: certificates["ca.pem"])
    profile.certificateFile = "/no/such/client.pem"
    await expectTLSFailure(try request(server.port, profile), "could not load PEM client certificate")
  }

  @Test(arguments: [("-tls1_1", TLSProfile.Version.tls12), ("-tls1_2", .tls13)])
  func `an older version than the profile's is refused`(_ option: String, _ minimum: TLSProfile.Version) async throws {
    let server = try TLSServer(certificates, option, "-cipher", "ALL:@SECLEVEL=0")
    let profile = TLSProfile(authoritiesFile: certificates["ca.pem"], minimumVersion: minimum)
    let error = await #expect(throws: EgressError.self) { try await text(request(server.port, profile)) }
    guard case .tls = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `TLS 1.2 is enough by default`() async throws {
    let server = try TLSServer(certificates, "-tls1_2")
    #expect(try await text(request(server.port, TLSProfile(authoritiesFile: certificates["ca.pem"]))).contains("TLSv1.2"))
  }

  @Test func `a profile that the rules do not have is refused`() async throws {
    var sent = try request(1, nil)
    sent.tlsProfile = "missing"
    await #expect(throws: EgressError.badRequest("there is no TLS profile \"missing\"")) { try await text(sent) }
  }

  @Test func `a server without TLS is an error of TLS`() async throws {
    let plain = try SocketServer { peer in
      _ = peer.read()
      peer.answer("400 Bad Request")
    }
    defer { plain.stop() }
    let error = await #expect(throws: EgressError.self) { try await text(request(plain.port, nil)) }
    guard case .tls = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `through a proxy TLS reaches to the server itself`() async throws {
    let server = try TLSServer(certificates)
    let asked = Noted<[String]>([])
    let proxy = try SocketServer { [port = server.port] peer in
      guard let request = peer.readRequest() else { return }
      asked.change { $0.append("\(request.method) \(request.target) \(request.header("x-secret") ?? "-")") }
      guard let upstream = Peer(connectingTo: port) else { return }
      peer.write("HTTP/1.1 200 Connection established\r\n\r\n")
      let back = Thread {
        relay(upstream, peer)
      }
      back.start()
      relay(peer, upstream)
    }
    defer { proxy.stop() }
    var settings = EgressSettings()
    settings.proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
    var sent = try request(443, TLSProfile(authoritiesFile: certificates["ca.pem"]), host: "origin.test")
    sent.headers = [("X-Secret", "for the server only")]
    #expect(try await text(sent, settings).contains("TLSv1.3"))
    #expect(asked.value == ["CONNECT origin.test:443 -"])
  }

  private func opensslOutput(_ arguments: String...) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardOutput = output
    try process.run()
    process.waitUntilExit()
    return String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
  }
}

private func relay(_ source: Peer, _ target: Peer) {
  while true {
    let bytes = source.read()
    if bytes.isEmpty { break }
    target.write(bytes)
  }
  shutdown(target.descriptor, Int32(SHUT_WR))
}
