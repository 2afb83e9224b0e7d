import Egress
import Glibc
import NIOCore
import Testing

@Suite struct CancellationTests {
  @Test func `cancelling before the head ends the transfer and its connection`() async throws {
    let isAsked = Noted(false)
    let hasEnded = Noted(false)
    try await withServer({ peer in
      _ = peer.readRequest()
      isAsked.change { $0 = true }
      peer.awaitEnd()
      hasEnded.change { $0 = true }
    }) { client, server in
      let sent = try request(server)
      let task = Task { try await client.send(sent) }
      await eventually("the request arrives") { isAsked.value }
      task.cancel()
      await #expect(throws: EgressError.cancelled) { try await task.value }
      await eventually("the connection is closed") { hasEnded.value }
    }
  }

  @Test func `cancelling a reader ends the transfer and its connection`() async throws {
    let hasEnded = Noted(false)
    try await withServer({ Self.stall($0, hasEnded) }) { client, server in
      let response = try await client.send(request(server))
      let hasRead = Noted(false)
      let task = Task {
        for try await _ in response.body { hasRead.change { $0 = true } }
      }
      await eventually("the first chunk is read") { hasRead.value }
      task.cancel()
      await #expect(throws: EgressError.cancelled) { try await task.value }
      await eventually("the connection is closed") { hasEnded.value }
      await #expect(throws: EgressError.cancelled) { try await response.body.collect(upTo: 1) }
    }
  }

  @Test func `letting go of a response ends the transfer and its connection`() async throws {
    let hasEnded = Noted(false)
    try await withServer({ Self.stall($0, hasEnded) }) { client, server in
      let status = try await client.send(request(server)).status
      #expect(status == 200)
      await eventually("the connection is closed") { hasEnded.value }
    }
  }

  @Test func `letting go of an iterator ends the transfer and its connection`() async throws {
    let hasEnded = Noted(false)
    try await withServer({ Self.stall($0, hasEnded) }) { client, server in
      for try await chunk in try await client.send(request(server)).body {
        #expect(chunk == Array("abc".utf8))
        break
      }
      await eventually("the connection is closed") { hasEnded.value }
    }
  }

  @Test func `letting go of a reader that is behind ends the transfer`() async throws {
    let hasEnded = Noted(false)
    try await withServer({ peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
      while peer.write([UInt8](repeating: 0, count: 1 << 20)) {}
      hasEnded.change { $0 = true }
    }) { client, server in
      var large = try request(server)
      large.maxResponseBytes = .max
      do {
        var chunks = try await client.send(large).body.makeAsyncIterator()
        _ = try await chunks.next()
      }
      await eventually("the connection is closed") { hasEnded.value }
    }
  }

  @Test func `a task that is cancelled already sends nothing`() async throws {
    try await withServer({ $0.awaitEnd() }) { client, server in
      let sent = try request(server)
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await client.send(sent)
      }
      task.cancel()
      await #expect(throws: EgressError.cancelled) { try await task.value }
      #expect(server.accepted == 0)
    }
  }

  @Test func `hundreds of transfers cancelled at any moment leave nothing behind`() async throws {
    try await withServer({ peer in
      while peer.readRequest() != nil {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<4 { peer.write("400\r\n\(String(repeating: "x", count: 1024))\r\n") }
        peer.write("0\r\n\r\n")
      }
    }) { client, server in
      let sent = try request(server)
      let before = Self.openDescriptors
      for round in 0..<20 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<20 {
            group.addTask {
              let task = Task { try await client.send(sent).body.collect(upTo: 1 << 20).count }
              // From before the start to after the end.
              for _ in 0..<(round * number) { await Task.yield() }
              task.cancel()
              do {
                #expect(try await task.value == 4096)
              } catch {
                #expect(error as? EgressError == .cancelled)
              }
            }
          }
          try await group.waitForAll()
        }
      }
      await eventually("no transfer is left") { client.activeTransfers == 0 }
      // What is open now is what the pool keeps, and the server's ends of it.
      await eventually("connections are closed") { Self.openDescriptors <= before + 2 * 20 + 40 }
    }
  }

  private static var openDescriptors: Int {
    (0..<4096).count { fcntl(Int32($0), F_GETFD) >= 0 }
  }

  private static func stall(_ peer: Peer, _ hasEnded: Noted<Bool>) {
    _ = peer.readRequest()
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    peer.awaitEnd()
    hasEnded.change { $0 = true }
  }
}
