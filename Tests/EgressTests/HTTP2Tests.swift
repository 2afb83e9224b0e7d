import Egress
import NIOCore
import Testing

/// HTTP/2 over plain HTTP with prior knowledge, as gRPC uses it.
@Suite struct HTTP2Tests {
  private static func http2(_ server: SocketServer) throws -> EgressRequest {
    var sent = try request(server)
    sent.httpVersion = .http2
    return sent
  }

  @Test func `a call brings its body and its trailers`() async throws {
    try await withServer({ peer in
      guard let peer = HTTP2Peer(peer) else { return }
      while let stream = peer.readRequest() {
        peer.writeHead(stream)
        peer.writeData(stream, "hello")
        peer.writeTrailer(stream, "grpc-status", "0")
      }
    }) { client, server in
      var sent = try Self.http2(server)
      sent.method = "POST"
      sent.headers = [("TE", "trailers"), ("Content-Type", "application/grpc")]
      sent.body = [UInt8](repeating: 1, count: 100_000)
      let response = try await client.send(sent)
      #expect(response.isHTTP2)
      #expect(try await response.body.text() == "hello")
      #expect(response.body.trailers.map { "\($0.name)=\($0.value)" } == ["grpc-status=0"])
    }
  }

  @Test func `calls at the same time get each its own answer`() async throws {
    try await withServer(Self.answerWithStreamID) { client, server in
      let sent = try Self.http2(server)
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 { group.addTask { try await client.send(sent).body.text() } }
        let answers = try await group.reduce(into: []) { $0.append($1) }
        #expect(Set(answers).count == (EgressClient.sharesHTTP2Connections ? 20 : 1))
      }
      #expect(server.accepted == (EgressClient.sharesHTTP2Connections ? 1 : 20))
    }
  }

  @Test func `calls one after another work`() async throws {
    try await withServer(Self.answerWithStreamID) { client, server in
      for number in 0..<5 {
        let text = try await client.send(Self.http2(server)).body.text()
        #expect(text == (EgressClient.sharesHTTP2Connections ? "\(2 * number + 1)" : "1"))
      }
    }
  }

  @Test func `letting go of one stream leaves another`() async throws {
    let isReset = Noted(false)
    try await withServer({ peer in
      guard let peer = HTTP2Peer(peer) else { return }
      while let frame = peer.read() {
        if frame.type == 1 { peer.writeHead(frame.stream) }
        guard frame.type == 3 else { continue }
        isReset.change { $0 = true }
        peer.writeData(frame.stream + 2, "whole", isLast: true)
      }
      isReset.change { $0 = true }
    }) { client, server in
      let sent = try Self.http2(server)
      var first: EgressResponse? = try await client.send(sent)
      let second = try await client.send(sent)
      #expect(first?.status == 200)
      first = nil
      await eventually("the stream is reset, or its connection is closed") { isReset.value }
      if EgressClient.sharesHTTP2Connections {
        let text = try await second.body.text()
        #expect(text == "whole")
      }
    }
  }

  @Test func `a stream that the server resets is not taken for complete`() async throws {
    try await withServer({ peer in
      guard let peer = HTTP2Peer(peer) else { return }
      while let stream = peer.readRequest() {
        peer.writeHead(stream)
        peer.writeData(stream, "half")
        peer.write(type: 3, stream: stream, [0, 0, 0, 2])
      }
    }) { client, server in
      let sent = try Self.http2(server)
      for _ in 0..<5 {
        await #expect(throws: EgressError.self) { try await client.send(sent).body.text() }
      }
    }
  }

  @Test func `a server that speaks HTTP/1 is refused`() async throws {
    try await withServer({ peer in
      _ = peer.read()
      peer.answer("400 Bad Request")
    }) { client, server in
      let sent = try Self.http2(server)
      await #expect(throws: EgressError.self) { try await client.send(sent) }
    }
  }

  private static func answerWithStreamID(_ peer: Peer) {
    guard let peer = HTTP2Peer(peer) else { return }
    while let stream = peer.readRequest() {
      peer.writeHead(stream)
      peer.writeData(stream, "\(stream)", isLast: true)
    }
  }
}
