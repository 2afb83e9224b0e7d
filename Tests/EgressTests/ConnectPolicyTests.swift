import Egress
import NIOCore
import Testing

/// The address policy where it counts: at the connection.
@Suite struct ConnectPolicyTests {
  private static func answerAll(_ peer: Peer) {
    while peer.readRequest() != nil { peer.answer() }
  }

  @Test(arguments: ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "017700000001", "[::ffff:127.0.0.1]", "LOCALHOST"])
  func `this machine is refused under each of its names`(_ host: String) async throws {
    try await withServer(Self.answerAll) { client, server in
      var refused = try request(server, host: host)
      refused.rules = EgressRules()
      let error = await #expect(throws: EgressError.self) { try await client.send(refused) }
      guard case .refusedAddress(_, let port, let address, .loopback) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(port == server.port)
      #expect(["127.0.0.1", "::1"].contains(address))
      #expect(server.accepted == 0)
    }
  }

  @Test(arguments: [
    ("10.1.2.3", "private"), ("192.168.0.1", "private"), ("100.64.0.1", "carrier-grade NAT"), ("169.254.169.254", "cloud metadata"),
    ("169.254.7.7", "link-local"), ("0.0.0.0", "unspecified"), ("[::]", "unspecified"), ("[::1]", "loopback"),
    ("[fd00:ec2::254]", "cloud metadata"),
    ("[fe80::1%25lo]", "link-local"), ("[64:ff9b::a00:1]", "private"), ("[2002:a00:1::]", "private"), ("224.0.0.1", "multicast"),
  ])
  func `an address in the URL is refused without a socket`(_ host: String, _ name: String) async throws {
    let client = try EgressClient()
    let error = await #expect(throws: EgressError.self) {
      try await client.send(EgressRequest(url: "http://\(host):8080/secret?token=x", deadline: .now() + .seconds(5)))
    }
    let text = error?.description ?? ""
    #expect(text.contains("is \(name); to allow it, add"))
    #expect(!text.contains("secret") && !text.contains("token"))
    await client.shutdown()
  }

  @Test func `a refusal says how to allow it, and that is enough`() async throws {
    try await withServer(Self.answerAll) { client, server in
      var local = try request(server, host: "localhost")
      local.rules = EgressRules()
      let error = await #expect(throws: EgressError.self) { try await client.send(local) }
      let entry = "localhost:\(server.port)"
      #expect(error?.description.hasSuffix("add \"\(entry)\" to egress.allow") == true)
      local.rules.addresses = try AddressPolicy(allowing: [entry])
      #expect(try await client.send(local).status == 200)
      local.rules.addresses = try AddressPolicy(allowing: ["localhost:1"])
      await #expect(throws: EgressError.self) { try await client.send(local) }
    }
  }

  @Test func `a pooled connection serves no request whose policy refuses its peer`() async throws {
    let served = Noted(0)
    try await withServer({ peer in
      while peer.readRequest() != nil {
        served.change { $0 += 1 }
        peer.answer()
      }
    }) { client, server in
      let allowed = try request(server, host: "localhost")
      _ = try await client.send(allowed).body.collect(upTo: 0)
      #expect(try await client.send(allowed).usedPooledConnection)
      await eventually("the connection is free") { client.activeTransfers == 0 }
      var refused = allowed
      refused.rules = EgressRules()
      let error = await #expect(throws: EgressError.self) { try await client.send(refused) }
      guard case .refusedAddress(host: "localhost", port: server.port, _, .loopback) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(served.value == 2)
      #expect(server.accepted == 1)
      #expect(try await client.send(allowed).status == 200)
    }
  }

  @Test func `IPv6 connections are judged in the same way`() async throws {
    let server = try SocketServer(isIPv6: true, Self.answerAll)
    defer { server.stop() }
    let client = try EgressClient()
    var sent = EgressRequest(url: "http://[::1]:\(server.port)/", deadline: .now() + .seconds(20))
    await #expect(throws: EgressError.refusedAddress(host: "::1", port: server.port, address: "::1", addressClass: .loopback)) {
      try await client.send(sent)
    }
    sent.rules.addresses = try AddressPolicy(allowing: ["[::1]:\(server.port)"])
    for number in 0..<2 {
      let response = try await client.send(sent)
      #expect(response.usedPooledConnection == (number > 0))
      _ = try await response.body.collect(upTo: 0)
    }
    await client.shutdown()
  }

  @Test func `a name that does not resolve and a port where nobody listens`() async throws {
    try await withServer(Self.answerAll) { client, server in
      let unknown = EgressRequest(url: "http://no-such-host.invalid/", deadline: .now() + .seconds(20))
      await #expect(throws: EgressError.cannotResolve(host: "no-such-host.invalid")) { try await client.send(unknown) }
      let closed = try SocketServer { _ in }
      let dead = try request(closed)
      closed.stop()
      let error = await #expect(throws: EgressError.self) { try await client.send(dead) }
      guard case .cannotConnect(host: "127.0.0.1", _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}
