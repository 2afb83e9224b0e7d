import Egress
import Glibc
import NIOCore
import Testing

@Suite struct ProxyTests {
  private static func client(_ environment: [String: String]) throws -> EgressClient {
    var settings = EgressSettings()
    settings.proxy = try ProxySettings(environment: environment)
    return try EgressClient(settings)
  }

  /// Answers every request with its first line and the credentials that it brought.
  private static func proxy() throws -> SocketServer {
    try SocketServer { peer in
      while let request = peer.readRequest() {
        peer.answer("200 OK", "\(request.method) \(request.target) \(request.header("proxy-authorization") ?? "-")")
      }
    }
  }

  private static func get(_ url: String) -> EgressRequest { EgressRequest(url: url, deadline: .now() + .seconds(10)) }

  @Test(arguments: [("http_proxy", ""), ("ALL_PROXY", ""), ("all_proxy", "user:secret@")])
  func `a plain request goes to the proxy in absolute form`(_ variable: String, _ credentials: String) async throws {
    let proxy = try Self.proxy()
    defer { proxy.stop() }
    let client = try Self.client([variable: "http://\(credentials)127.0.0.1:\(proxy.port)"])
    let text = try await client.send(Self.get("http://origin.test:81/path")).body.text()
    #expect(text == "GET http://origin.test:81/path \(credentials.isEmpty ? "-" : "Basic dXNlcjpzZWNyZXQ=")")
    await client.shutdown()
  }

  @Test func `no address that the policy refuses is asked of a proxy`() async throws {
    let proxy = try Self.proxy()
    defer { proxy.stop() }
    let client = try Self.client(["http_proxy": "127.0.0.1:\(proxy.port)"])
    for host in ["10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "127.0.0.1", "localhost", "x.localhost"] {
      let error = await #expect(throws: EgressError.self) { try await client.send(Self.get("http://\(host):1/")) }
      guard case .refusedAddress = error else {
        Issue.record("\(host): \(String(describing: error))")
        continue
      }
    }
    var listed = Self.get("http://10.0.0.1/")
    listed.rules.addresses = try AddressPolicy(allowing: ["10.0.0.1"])
    #expect(try await client.send(listed).body.text() == "GET http://10.0.0.1/ -")
    #expect(proxy.accepted == 1)
    await client.shutdown()
  }

  @Test(arguments: ["origin.test", "test", ".test", "*", "other, origin.test:80"])
  func `what no_proxy names is connected to directly`(_ exceptions: String) async throws {
    let proxy = try Self.proxy()
    defer { proxy.stop() }
    let client = try Self.client(["http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": exceptions])
    await #expect(throws: EgressError.cannotResolve(host: "origin.test")) { try await client.send(Self.get("http://origin.test/")) }
    #expect(proxy.accepted == 0)
    await client.shutdown()
  }

  @Test(arguments: ["origin.testing", "igin.test", "origin.test:81", "10.0.0.0/8", ""])
  func `what no_proxy does not name is not`(_ exceptions: String) async throws {
    let proxy = try Self.proxy()
    defer { proxy.stop() }
    let client = try Self.client(["http_proxy": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": exceptions])
    #expect(try await client.send(Self.get("http://origin.test/")).status == 200)
    await client.shutdown()
  }

  @Test func `only the variables meant for it are read`() async throws {
    let proxy = try Self.proxy()
    defer { proxy.stop() }
    let client = try Self.client(["HTTP_PROXY": "http://127.0.0.1:\(proxy.port)", "https_proxy": "http://127.0.0.1:\(proxy.port)"])
    await #expect(throws: EgressError.cannotResolve(host: "origin.test")) { try await client.send(Self.get("http://origin.test/")) }
    #expect(proxy.accepted == 0)
    await client.shutdown()
  }

  @Test func `a proxy that refuses a tunnel, and one that is not there`() async throws {
    let refusing = try SocketServer { peer in
      while peer.readRequest() != nil { peer.answer("403 Forbidden") }
    }
    defer { refusing.stop() }
    let client = try Self.client(["https_proxy": "http://127.0.0.1:\(refusing.port)"])
    await #expect(throws: EgressError.proxy(reason: "it answered CONNECT with status 403")) {
      try await client.send(Self.get("https://origin.test/"))
    }
    await client.shutdown()
    let absent = try Self.proxy()
    absent.stop()
    await eventually("nobody listens") { !Self.accepts(absent.port) }
    let other = try Self.client(["http_proxy": "http://127.0.0.1:\(absent.port)"])
    await #expect(throws: EgressError.proxy(reason: "it cannot be reached")) { try await other.send(Self.get("http://origin.test/")) }
    await other.shutdown()
  }

  @Test(arguments: ["ftp://proxy", "http://", "http://a b", "socks4://proxy"])
  func `a value that is no proxy is an error that names the variable, not the value`(_ value: String) {
    #expect(throws: EgressError.badRequest("the environment variable https_proxy is not the URL of an http, https or socks5 proxy")) {
      try ProxySettings(environment: ["https_proxy": value])
    }
  }

  private static func accepts(_ port: Int) -> Bool {
    guard let peer = Peer(connectingTo: port) else { return false }
    close(peer.descriptor)
    return true
  }
}
