import Egress
import NIOCore
import Testing

@Suite struct RequestTests {
  /// Answers every request with what it was: method, target, headers, body.
  private static func mirror(_ peer: Peer) {
    while let request = peer.readRequest() {
      let lines = ["\(request.method) \(request.target)"] + request.headers + ["", request.body]
      peer.answer(headers: ["X-One: 1", "x-one:  2\t", "X-Empty:"], request.method == "HEAD" ? "" : lines.joined(separator: "\n"))
    }
  }

  @Test func `a GET brings status, headers in order and the body`() async throws {
    try await withServer(Self.mirror) { client, server in
      let response = try await client.send(request(server, "/a?b=c#d"))
      #expect(response.status == 200)
      #expect(!response.isHTTP2)
      #expect(response.headers.map { "\($0.name)=\($0.value)" }.dropFirst() == ["x-one=1", "x-one=2", "x-empty="])
      #expect(try await response.body.text() == "GET /a?b=c\nHost: 127.0.0.1:\(server.port)\n\n")
    }
  }

  @Test func `nothing is sent but what the request says`() async throws {
    try await withServer(Self.mirror) { client, server in
      var post = try request(server)
      post.method = "POST"
      post.headers = [("X-A", " first "), ("x-a", "second"), ("X-Empty", ""), ("Content-Length", "5")]
      post.body = Array("hello".utf8)
      let text = try await client.send(post).body.text()
      #expect(text == "POST /\nHost: 127.0.0.1:\(server.port)\nX-A: first\nx-a: second\nX-Empty:\nContent-Length: 5\n\nhello")
    }
  }

  @Test(arguments: [
    ("POST", nil, "Content-Length: 0\n\n"), ("PUT", "x", "Content-Length: 1\n\nx"), ("DELETE", nil, "\n"),
    ("GET", "q", "Content-Length: 1\n\nq"),
  ])
  func `every method with and without a body`(_ method: String, _ body: String?, _ rest: String) async throws {
    try await withServer(Self.mirror) { client, server in
      var sent = try request(server)
      sent.method = method
      sent.body = body.map { Array($0.utf8) }
      #expect(try await client.send(sent).body.text() == "\(method) /\nHost: 127.0.0.1:\(server.port)\n\(rest)")
    }
  }

  @Test func `a HEAD has headers and no body`() async throws {
    try await withServer(Self.mirror) { client, server in
      var head = try request(server)
      head.method = "HEAD"
      let response = try await client.send(head)
      #expect(response.header("content-length") == "0")
      #expect(try await response.body.collect(upTo: 0) == [])
    }
  }

  @Test func `a large body of a request arrives whole`() async throws {
    let length = Noted(0)
    try await withServer({ peer in
      var received = 0
      while received < 8 << 20 {
        let bytes = peer.read()
        if bytes.isEmpty { return }
        received += bytes.count
        length.change { $0 = received }
      }
      peer.answer("204 No Content")
    }) { client, server in
      var post = try request(server)
      post.method = "POST"
      post.body = [UInt8](repeating: 0, count: 8 << 20)
      #expect(try await client.send(post).status == 204)
      #expect(length.value >= 8 << 20)
    }
  }

  @Test(arguments: [
    "", "http://", "ftp://example.com/", "file:///etc/passwd", "example.com", "http://user@example.com/", "http://u:p@example.com/",
    "http://a b/",
    "http://exa\r\nmple.com/", "http://example.com/\u{0}", "http://example.com:0/", "http://example.com:99999/", "http://bücher.example/",
    "//example.com/", "javascript:alert(1)",
  ])
  func `a URL that is not plain http or https is refused before anything is sent`(_ url: String) async throws {
    let client = try EgressClient()
    let error = await #expect(throws: EgressError.self) { try await client.send(EgressRequest(url: url, deadline: .now() + .seconds(5))) }
    guard case .badRequest = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    await client.shutdown()
  }

  @Test(arguments: [
    ("X\r\nY", "1"), ("", "1"), ("a b", "1"), ("X:", "1"), ("X", "a\r\nY: b"), ("X", "a\u{0}"), ("X", "\u{7f}"), ("Host", "other"),
    ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Content-Length", "7"), ("proxy-authorization", "x"),
    ("X", String(repeating: "a", count: 70000)),
  ])
  func `headers that would write something else are refused`(_ name: String, _ value: String) async throws {
    try await withServer(Self.mirror) { client, server in
      var bad = try request(server)
      bad.headers = [(name, value)]
      let error = await #expect(throws: EgressError.self) { try await client.send(bad) }
      guard case .badRequest(let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(!reason.contains(value) || value == "1" || value == "7" || value == "x")
      #expect(server.accepted == 0)
    }
  }

  @Test func `a request without any limit in time is refused`() async throws {
    try await withServer(Self.mirror) { client, server in
      var endless = try request(server)
      endless.deadline = nil
      await #expect(throws: EgressError.badRequest("it has neither a deadline nor an idle timeout")) { try await client.send(endless) }
    }
  }

  @Test(arguments: ["CONNECT", "TRACE", "GE T", "", "GET\r\n"])
  func `methods that may not be sent are refused`(_ method: String) async throws {
    try await withServer(Self.mirror) { client, server in
      var bad = try request(server)
      bad.method = method
      await #expect(throws: EgressError.badRequest("its method is not one that may be sent")) { try await client.send(bad) }
    }
  }
}
