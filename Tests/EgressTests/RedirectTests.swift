import Egress
import NIOCore
import Testing

@Suite struct RedirectTests {
  /// `/STATUS/location` answers with that status and location, everything else with what was asked.
  private static func serve(_ peer: Peer) {
    while let request = peer.readRequest() {
      let parts = request.target.split(separator: "/", maxSplits: 1)
      if let first = parts.first, let status = Int(first), parts.count == 2 {
        peer.answer("\(status) Elsewhere", headers: ["Location: \(parts[1])"], "moved")
      } else {
        peer.answer("200 OK", "\(request.method) \(request.target) \(request.header("content-type") ?? "-") \(request.body)")
      }
    }
  }

  @Test func `by default a redirect is an answer`() async throws {
    try await withServer(Self.serve) { client, server in
      let response = try await client.send(request(server, "/302//there"))
      #expect(response.status == 302)
      #expect(response.header("location") == "/there")
    }
  }

  @Test(arguments: [
    (301, "POST", "POST /there text/plain hello"), (302, "POST", "POST /there text/plain hello"),
    (307, "POST", "POST /there text/plain hello"),
    (308, "PUT", "PUT /there text/plain hello"), (303, "POST", "GET /there - "),
  ])
  func `within the origin it is followed, on the same connection`(_ status: Int, _ method: String, _ expected: String) async throws {
    try await withServer(Self.serve) { client, server in
      var sent = try request(server, "/\(status)//there")
      sent.method = method
      sent.body = Array("hello".utf8)
      sent.headers = [("Content-Type", "text/plain")]
      sent.redirects = .sameOrigin(maximum: 1)
      let response = try await client.send(sent)
      #expect(try await response.body.text() == expected)
      #expect(response.usedPooledConnection)
      #expect(server.accepted == 1)
    }
  }

  @Test func `relative and absolute locations are read`() async throws {
    try await withServer(Self.serve) { client, server in
      for location in ["../there", "/?x=1", "http://127.0.0.1:\(server.port)/a/../b", "//127.0.0.1:\(server.port)/c"] {
        var sent = try request(server, "/307/" + location)
        sent.redirects = .sameOrigin(maximum: 1)
        #expect(try await client.send(sent).status == 200)
      }
    }
  }

  @Test(arguments: ["http://localhost:PORT/", "https://127.0.0.1:PORT/", "http://127.0.0.1:1/", "//169.254.169.254/", "http://127.0.0.1/"])
  func `another origin is never followed`(_ location: String) async throws {
    try await withServer(Self.serve) { client, server in
      var sent = try request(server, "/307/" + location.replacing("PORT", with: "\(server.port)"))
      sent.redirects = .sameOrigin(maximum: 5)
      let error = await #expect(throws: EgressError.self) { try await client.send(sent) }
      guard case .redirected(let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.hasPrefix("http://127.0.0.1:\(server.port) points to "))
    }
  }

  @Test(arguments: ["file:///etc/passwd", "http://user@127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/"])
  func `a location that may not be requested is an error`(_ location: String) async throws {
    try await withServer(Self.serve) { client, server in
      var sent = try request(server, "/307/" + location.replacing("PORT", with: "\(server.port)"))
      sent.redirects = .sameOrigin(maximum: 5)
      await #expect(throws: EgressError.self) { try await client.send(sent) }
    }
  }

  @Test func `a circle ends`() async throws {
    try await withServer({ peer in
      while peer.readRequest() != nil { peer.answer("307 Again", headers: ["Location: /"]) }
    }) { client, server in
      var sent = try request(server)
      sent.redirects = .sameOrigin(maximum: 3)
      await #expect(throws: EgressError.redirected(reason: "more than 3 in a row")) { try await client.send(sent) }
    }
  }
}
