import Egress
import Glibc
import NIOCore
import Testing

@Suite struct StreamTests {
  @Test func `chunks arrive as the server sends them, not at the end`() async throws {
    let step = Noted(0)
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for number in 1...3 {
        peer.write("2\r\n#\(number)\r\n")
        while step.value < number { usleep(1000) }
      }
      peer.write("0\r\nX-Sum: 6\r\n\r\n")
    }) { client, server in
      let response = try await client.send(request(server))
      var received: [String] = []
      for try await chunk in response.body {
        received.append(String(decoding: chunk, as: UTF8.self))
        step.change { $0 += 1 }
      }
      #expect(received == ["#1", "#2", "#3"])
      #expect(response.body.trailers.map { "\($0.name)=\($0.value)" } == ["x-sum=6"])
    }
  }

  @Test func `a reader that is behind makes the server wait, and gets every byte in the end`() async throws {
    let total = 64 << 20
    let written = Noted(0)
    let isBlocked = Noted(false)
    try await withServer({ peer in
      var size: Int32 = 64 << 10
      setsockopt(peer.descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      let block = [UInt8](unsafeUninitializedCapacity: 64 << 10) { bytes, count in
        for index in 0..<64 << 10 { bytes[index] = UInt8(truncatingIfNeeded: index / 256) }
        count = 64 << 10
      }
      while written.value < total {
        let begin = written.value % block.count
        let count = block[begin...].withUnsafeBytes {
          send(peer.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if count > 0 {
          written.change { $0 += count }
        } else {
          guard errno == EAGAIN else { return }
          var poll = pollfd(fd: peer.descriptor, events: Int16(POLLOUT), revents: 0)
          if Glibc.poll(&poll, 1, 500) == 0 { isBlocked.change { $0 = true } }
        }
      }
    }) { client, server in
      var large = try request(server)
      large.maxResponseBytes = total
      let response = try await client.send(large)
      await eventually("the server can write no more") { isBlocked.value }
      // The two sockets' buffers and 256 KiB of the client's.
      #expect(written.value < 24 << 20)
      var count = 0
      var misplaced = 0
      for try await chunk in response.body {
        // Each byte tells its place, in units of 256.
        for index in stride(from: 0, to: chunk.count, by: 97) where chunk[index] != UInt8(truncatingIfNeeded: (count + index) / 256) {
          misplaced += 1
        }
        count += chunk.count
      }
      #expect(count == total)
      #expect(misplaced == 0)
    }
  }

  @Test func `a slow head ends by the deadline`() async throws {
    try await withServer({ $0.awaitEnd() }) { client, server in
      var slow = try request(server)
      slow.deadline = .now() + .milliseconds(200)
      await #expect(throws: EgressError.timedOut(.waitingForAnswer)) { try await client.send(slow) }
    }
  }

  @Test func `a stalled body ends by the deadline, after what had come`() async throws {
    try await withServer(Self.stall) { client, server in
      var slow = try request(server)
      slow.deadline = .now() + .milliseconds(300)
      var chunks = try await client.send(slow).body.makeAsyncIterator()
      #expect(try await chunks.next() == Array("abc".utf8))
      await #expect(throws: EgressError.timedOut(.receivingBody)) { try await chunks.next() }
      await #expect(throws: EgressError.timedOut(.receivingBody)) { try await chunks.next() }
    }
  }

  @Test func `a stream without a deadline ends when it is silent for too long`() async throws {
    try await withServer(Self.stall) { client, server in
      var stream = try request(server)
      stream.deadline = nil
      stream.idleTimeout = .milliseconds(300)
      let response = try await client.send(stream)
      await #expect(throws: EgressError.timedOut(.idle)) { try await response.body.collect(upTo: 100) }
    }
  }

  @Test func `a stream that keeps talking outlives its idle timeout`() async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\n\r\n")
      for _ in 0..<12 {
        usleep(100_000)
        peer.write("x")
      }
    }) { client, server in
      var stream = try request(server)
      stream.deadline = nil
      stream.idleTimeout = .milliseconds(800)
      #expect(try await client.send(stream).body.text() == "xxxxxxxxxxxx")
    }
  }

  @Test func `a pause of the reader is not a silence of the server`() async throws {
    let total = 16 << 20
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      peer.write([UInt8](repeating: 7, count: total))
    }) { client, server in
      var stream = try request(server)
      stream.deadline = nil
      stream.idleTimeout = .milliseconds(400)
      let response = try await client.send(stream)
      try await Task.sleep(for: .milliseconds(1000))  // longer than the idle timeout
      #expect(try await response.body.collect(upTo: total).count == total)
    }
  }

  @Test(arguments: ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"])
  func `a connection cut in the body is an error, after what had come`(_ rest: String) async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\n" + rest)
    }) { client, server in
      var chunks = try await client.send(request(server)).body.makeAsyncIterator()
      #expect(try await chunks.next() == Array("abc".utf8))
      await #expect(throws: EgressError.connectionLost(answerBegun: true)) { try await chunks.next() }
    }
  }

  @Test func `a connection that is closed without an answer is an error`() async throws {
    try await withServer({ _ = $0.readRequest() }) { client, server in
      await #expect(throws: EgressError.connectionLost(answerBegun: false)) { try await client.send(request(server)) }
    }
  }

  @Test(arguments: ["HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"])
  func `a body over the limit ends the transfer`(_ head: String) async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write(head + String(repeating: "x", count: 2000))
      peer.awaitEnd()
    }) { client, server in
      var small = try request(server)
      small.maxResponseBytes = 1999
      let response = try await client.send(small)
      await #expect(throws: EgressError.tooLarge(.body, limitBytes: 1999)) { try await response.body.collect(upTo: 5000) }
    }
  }

  @Test func `collecting has a limit of its own`() async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.answer("200 OK", String(repeating: "x", count: 2000))
      peer.awaitEnd()
    }) { client, server in
      let response = try await client.send(request(server))
      await #expect(throws: EgressError.tooLarge(.body, limitBytes: 1)) { try await response.body.collect(upTo: 1) }
    }
  }

  @Test func `headers without end are refused`() async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\n")
      while peer.write("X-More: \(String(repeating: "x", count: 1000))\r\n") {}
    }) { client, server in
      await #expect(throws: EgressError.tooLarge(.headers, limitBytes: 64 << 10)) { try await client.send(request(server)) }
    }
  }

  @Test(arguments: [
    "HTTP/1.1 2x0 OK\r\n\r\n", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\na b: x\r\n\r\n",
  ])
  func `an answer that is not HTTP is refused`(_ answer: String) async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write(answer)
    }) { client, server in
      let error = await #expect(throws: EgressError.self) { try await client.send(request(server)) }
      guard case .protocolError = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `interim answers are passed over`() async throws {
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
      peer.answer("404 Not Found", headers: ["X-Last: yes"], "gone")
    }) { client, server in
      let response = try await client.send(request(server))
      #expect(response.status == 404)
      #expect(response.headers.map(\.name) == ["content-length", "x-last"])
      #expect(try await response.body.text() == "gone")
    }
  }

  private static func stall(_ peer: Peer) {
    _ = peer.readRequest()
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    peer.awaitEnd()
  }
}
