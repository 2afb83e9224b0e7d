import Egress
import Glibc
import NIOCore
import Testing

@Suite struct ClientLifeTests {
  /// Answers with the target of each request.
  private static func echo(_ peer: Peer) {
    while let request = peer.readRequest() { peer.answer("200 OK", request.target) }
  }

  @Test func `200 requests at once get 200 answers, each its own`() async throws {
    try await withServer(Self.echo) { client, server in
      let template = try request(server)
      for _ in 0..<3 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<200 {
            group.addTask {
              var sent = template
              sent.url += "\(number)"
              let text = try await client.send(sent).body.text()
              #expect(text == "/\(number)")
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(server.accepted <= 3 * 200)
    }
  }

  @Test func `one after another they share a connection`() async throws {
    try await withServer(Self.echo) { client, server in
      for number in 0..<20 {
        let response = try await client.send(request(server, "/\(number)"))
        #expect(try await response.body.text() == "/\(number)")
        #expect(response.usedPooledConnection == (number > 0))
      }
      #expect(server.accepted == 1)
    }
  }

  @Test func `a limit of connections makes requests wait, and the wait is timed`() async throws {
    var settings = EgressSettings()
    settings.maxConnectionsPerHost = 2
    let isReleased = Noted(false)
    try await withServer(
      settings: settings,
      { peer in
        while let request = peer.readRequest() {
          while !isReleased.value { usleep(1000) }
          peer.answer("200 OK", request.target)
        }
      }
    ) { client, server in
      let template = try request(server)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<10 {
          group.addTask {
            var sent = template
            sent.url += "\(number)"
            let text = try await client.send(sent).body.text()
            #expect(text == "/\(number)")
          }
        }
        await eventually("two are connected") { server.accepted == 2 && client.activeTransfers == 10 }
        var impatient = template
        impatient.connectTimeout = .milliseconds(100)
        await #expect(throws: EgressError.timedOut(.connecting)) { try await client.send(impatient) }
        isReleased.change { $0 = true }
        try await group.waitForAll()
      }
      #expect(server.accepted == 2)
    }
  }

  @Test func `more transfers than the limit are refused`() async throws {
    var settings = EgressSettings()
    settings.maxTransfers = 2
    try await withServer(settings: settings, { $0.awaitEnd() }) { client, server in
      let sent = try request(server)
      let tasks = (0..<2).map { _ in Task { try await client.send(sent) } }
      await eventually("both are under way") { client.activeTransfers == 2 }
      await #expect(throws: EgressError.overloaded(limit: 2)) { try await client.send(sent) }
      tasks.forEach { $0.cancel() }
      for task in tasks { await #expect(throws: EgressError.cancelled) { try await task.value } }
    }
  }

  @Test func `shutdown ends what is under way, and refuses what comes later`() async throws {
    try await withServer({ peer in
      guard let request = peer.readRequest() else { return }
      if request.target == "/body" { peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }
      peer.awaitEnd()
    }) { client, server in
      let silent = try request(server)
      let waiting = (0..<10).map { _ in Task { try await client.send(silent) } }
      var chunks = try await client.send(request(server, "/body")).body.makeAsyncIterator()
      #expect(try await chunks.next() == Array("abc".utf8))
      await eventually("all are connected") { server.accepted == 11 }
      await client.shutdown()
      for task in waiting { await #expect(throws: EgressError.shuttingDown) { try await task.value } }
      await #expect(throws: EgressError.shuttingDown) { try await chunks.next() }
      await #expect(throws: EgressError.shuttingDown) { try await client.send(silent) }
      await client.shutdown()
    }
  }

  @Test func `requests that race with shutdown end too`() async throws {
    for _ in 0..<20 {
      try await withServer(Self.echo) { client, server in
        let sent = try request(server)
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<20 {
            group.addTask {
              do { _ = try await client.send(sent).body.text() } catch { #expect(error as? EgressError == .shuttingDown) }
            }
          }
          group.addTask { await client.shutdown() }
        }
      }
    }
  }

  @Test func `a client that nobody holds any more ends its transfers and its thread`() async throws {
    let hasEnded = Noted(false)
    let server = try SocketServer { peer in
      _ = peer.readRequest()
      peer.write("HTTP/1.1 200 OK\r\n\r\nabc")
      peer.awaitEnd()
      hasEnded.change { $0 = true }
    }
    defer { server.stop() }
    var client: EgressClient? = try EgressClient()
    let response = try await client?.send(request(server))
    client = nil
    await #expect(throws: EgressError.shuttingDown) { try await response?.body.collect(upTo: 10) }
    await eventually("the connection is closed") { hasEnded.value }
  }

  /// The pooled connection dies when the second request has been read: it may have been carried out.
  @Test(arguments: [
    ("POST", nil, false), ("PATCH", nil, false), ("GET", nil, true), ("PUT", nil, true), ("POST", true, true), ("GET", false, false),
  ])
  func `a request on a dead connection is sent again only if that is safe`(_ method: String, _ mayBeResent: Bool?, _ isResent: Bool)
    async throws
  {
    let received = Noted<[String]>([])
    try await withServer({ peer in
      while let request = peer.readRequest() {
        received.change { $0.append(request.target) }
        if request.target == "/die", received.value.count == 2 { return }
        peer.answer("200 OK", "done")
      }
    }) { client, server in
      _ = try await client.send(request(server, "/first")).body.text()
      await eventually("the connection is free") { client.activeTransfers == 0 }
      var sent = try request(server, "/die")
      sent.method = method
      sent.mayBeResent = mayBeResent
      if isResent {
        #expect(try await client.send(sent).body.text() == "done")
      } else {
        await #expect(throws: EgressError.connectionLost(answerBegun: false)) { try await client.send(sent) }
      }
      #expect(received.value == ["/first", "/die"] + (isResent ? ["/die"] : []))
    }
  }

  /// The server took the request and went away, so that libcurl's second attempt finds nobody: it may have been carried out all the same.
  @Test func `a request whose server goes away with it is not said to be unsent`() async throws {
    let received = Noted<[String]>([])
    let itself = Noted<SocketServer?>(nil)
    try await withServer({ peer in
      while let request = peer.readRequest() {
        received.change { $0.append(request.target) }
        if request.target == "/die" {
          itself.value?.stopListening()
          return
        }
        peer.answer("200 OK", "done")
      }
    }) { client, server in
      itself.change { $0 = server }
      _ = try await client.send(request(server, "/first")).body.text()
      await eventually("the connection is free") { client.activeTransfers == 0 }
      var sent = try request(server, "/die")
      sent.method = "POST"
      sent.mayBeResent = false
      await #expect(throws: EgressError.connectionLost(answerBegun: false)) { try await client.send(sent) }
      #expect(received.value == ["/first", "/die"])
    }
  }
}
