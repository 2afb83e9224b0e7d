import JSON
import MCP
import NIOCore
import Testing

@testable import Host

/// Calls through one child.
@Suite struct UpstreamCallTests {
  @Test func `a call goes to the child and its answer comes back`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.expect(target, "echo", ["text": "hé\nllo"], gives: ["text": "hé\nllo"])
      let info = try await fixture.pool.serverInfo(target, deadline: .now() + .seconds(10))
      #expect(info["serverInfo"]?["name"]?.stringValue == "scripted")
      // No client capability is declared, as none is relayed.
      #expect(info["capabilities"]?["echo"]?["capabilities"]?.bytes.elementsEqual("{}".utf8) == true)
    }
  }

  @Test func `two hundred concurrent calls share one child and each gets its own answer`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server(arguments: ["count", fixture.directory + "/starts"]))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          let value: JSONValue = ["n": .number(JSONNumber(number))]
          group.addTask {
            let answer = try await fixture.call(target, "slow_echo", value)
            #expect(answer == value)
          }
        }
        try await group.waitForAll()
      }
      #expect(try fixture.starts().count == 1)
      #expect(fixture.pool.states.map(\.inFlight) == [0])
    }
  }

  @Test func `a result of ten megabytes arrives whole`() async throws {
    try await UpstreamFixture.run { fixture in
      let answer = try await fixture.call(fixture.target(fixture.server()), "big", ["bytes": .number(JSONNumber(10 << 20))])
      #expect(answer["text"]?.stringValue?.utf8.count == 10 << 20)
    }
  }

  @Test func `parameters with line breaks between tokens are sent as one line`() async throws {
    try await UpstreamFixture.run { fixture in
      let params = Array("{\n \"name\": \"echo\",\r\n \"arguments\": {\"a\": \"b\\nc\"}\n}".utf8)
      let reply = try await fixture.pool.request(
        fixture.target(fixture.server()), method: "tools/call", params: params, deadline: .now() + .seconds(20))
      guard case .result(let result) = reply else {
        Issue.record("an error came back")
        return
      }
      #expect(result["structuredContent"]?.value == ["a": "b\nc"])
    }
  }

  @Test func `an error of the server is an answer, with code and data`() async throws {
    try await UpstreamFixture.run { fixture in
      let reply = try await fixture.pool.request(
        fixture.target(fixture.server()), method: "tools/call", params: Array("{\"name\":\"error\"}".utf8),
        deadline: .now() + .seconds(20))
      guard case .error(let error) = reply else {
        Issue.record("a result came back")
        return
      }
      #expect(error.code == -32002)
      #expect(error.data?["uri"]?.stringValue == "x")
    }
  }

  @Test func `a call out of time fails and the server is told to stop`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.call(target, "echo")
      await #expect(throws: UpstreamError.timedOut(.request)) {
        try await fixture.call(target, "hang", timeout: .milliseconds(100))
      }
      try await eventually("the server was not told") {
        try await fixture.call(target, "cancelled")["cancelled"]?[0]?["requestId"] != nil
      }
      // The opening took the numbers 0 and 1, `echo` the next, `hang` the one after.
      #expect(try await fixture.call(target, "cancelled")["cancelled"]?[0]?["requestId"]?.intValue == 3)
    }
  }

  @Test func `a cancelled task fails at once and the server is told to stop`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.call(target, "echo")
      let task = Task { try await fixture.call(target, "hang") }
      try await eventually("the call was not sent") { fixture.notifications.all == ["notifications/hanging"] }
      task.cancel()
      await #expect(throws: UpstreamError.cancelled) { try await task.value }
      try await eventually("the server was not told") {
        try await fixture.call(target, "cancelled")["cancelled"]?[0]?["requestId"]?.intValue == 3
      }
    }
  }

  @Test func `the answer to a call that was given up is dropped and later calls are not confused`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.call(target, "echo")
      // Answered by the server when it is told that the call was given up.
      let task = Task { try await fixture.call(target, "answer_when_cancelled") }
      try await eventually("the call was not sent") { fixture.notifications.all == ["notifications/hanging"] }
      task.cancel()
      await #expect(throws: UpstreamError.cancelled) { try await task.value }
      try await eventually("the late answer did not come") { fixture.log.messages.contains("an answer to no call in flight was dropped") }
      try await fixture.expect(target, "echo", ["which": "next"], gives: ["which": "next"])
    }
  }

  @Test func `answers that nobody asked for are dropped`() async throws {
    try await UpstreamFixture.run { fixture in
      try await fixture.expect(fixture.target(fixture.server()), "unknown_answers", gives: ["done": true])
    }
  }

  @Test func `a batch is read message by message`() async throws {
    try await UpstreamFixture.run { fixture in
      try await fixture.expect(fixture.target(fixture.server()), "batch", gives: ["batched": true])
      #expect(fixture.notifications.all == ["notifications/prompts/list_changed"])
    }
  }

  @Test func `a ping of the server is answered and any other request refused`() async throws {
    try await UpstreamFixture.run { fixture in
      let answers = try await fixture.call(fixture.target(fixture.server()), "ask")
      #expect(answers == ["q1": [:], "q2": -32601])
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a call's time rests while its client is asked, and begins anew with the answer`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.call(target, "echo")
      let listener = LateListener()
      let start = NIODeadline.now()
      await #expect(throws: UpstreamError.timedOut(.request)) {
        try await fixture.call(target, "ask_and_stall", timeout: listener.timeout, listener: listener)
      }
      let elapsed = NIODeadline.now() - start
      #expect(elapsed >= LateListener.thinking + listener.timeout && elapsed < .seconds(60))
    }
  }

  @Test func `notifications of the server reach the observer`() async throws {
    try await UpstreamFixture.run { fixture in
      try await fixture.call(fixture.target(fixture.server()), "notify")
      #expect(fixture.notifications.all == ["notifications/tools/list_changed"])
    }
  }

  @Test func `lines that are no messages are skipped up to a bound`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      let bound = Limits.Upstream.maxGarbageLines
      try await fixture.expect(target, "garbage", ["lines": .number(JSONNumber(bound))], gives: ["done": true])
      try await fixture.expect(target, "garbage", ["lines": .number(JSONNumber(bound))], gives: ["done": true])
      await #expect(throws: UpstreamError.protocolViolation("more than \(bound) lines in a row were no MCP messages")) {
        try await fixture.call(target, "garbage", ["lines": .number(JSONNumber(bound + 1))])
      }
      try await fixture.expect(target, "echo", ["again": true], gives: ["again": true])
    }
  }

  @Test func `an answer that is not valid JSON fails its call at once`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      let error = await #expect(throws: UpstreamError.self) { try await fixture.call(target, "duplicate_keys") }
      guard case .protocolViolation(let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("not a valid message"))
      try await fixture.expect(target, "echo", ["still": "there"], gives: ["still": "there"])
    }
  }

  @Test func `a line beyond the limit ends the child`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      let megabytes = Limits.Upstream.maxMessageBytes / (1 << 20) + 1
      let pid = try #require(try await fixture.call(target, "pid")["pid"]?.intValue)
      await #expect(throws: UpstreamError.tooLarge(Limits.Upstream.maxMessageBytes)) {
        try await fixture.call(target, "oversize", ["megabytes": .number(JSONNumber(megabytes))], timeout: .seconds(60))
      }
      try await eventually("the child is still there") { !processExists(Int32(pid)) }
    }
  }

  @Test func `a child that does not read its input does not grow the gateway`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      try await fixture.call(target, "stop_reading")
      let text = JSONValue.string(String(repeating: "z", count: 4 << 20))
      var refused = 0
      await withTaskGroup(of: UpstreamError?.self) { group in
        for _ in 0..<24 {
          group.addTask {
            do throws(UpstreamError) {
              try await fixture.call(target, "echo", ["text": text], timeout: .seconds(2))
              return nil
            } catch { return error }
          }
        }
        for await error in group where error == .overloaded { refused += 1 }
      }
      // 32 MiB and one message more are taken: the rest was refused without waiting.
      #expect(refused >= 14)
      #expect(refused < 24)
      // It is then found out and replaced.
      try await eventually("the deaf child was not ended") { fixture.pool.states.first?.phase != .ready }
      try await eventually("no other child took its place") {
        // One that leaves calls unanswered is left alone for a moment.
        do throws(UpstreamError) { return try await fixture.call(target, "echo", ["text": "short"]) == ["text": "short"] } catch {
          return false
        }
      }
    }
  }
}

/// A client that answers only when the call's own time would have been over.
private struct LateListener: UpstreamListener {
  static let thinking = TimeAmount.milliseconds(600)
  let progressToken: RequestID? = nil
  let loggingLevel: LoggingLevel? = nil
  let conversation = "one"
  let timeout = TimeAmount.milliseconds(300)
  let latest = NIODeadline.now() + .hours(1)

  func notified(_ notification: MCP.Notification) {}
  func answers(_ method: String) -> Bool { true }

  func asked(_ request: Request, answer: @escaping @Sendable (Result<RawJSON, RPCError>) -> Void) -> @Sendable () -> Void {
    let task = Task {
      try await Task.sleep(nanoseconds: UInt64(Self.thinking.nanoseconds))
      answer(.success(RawJSON([:])))
    }
    return { task.cancel() }
  }
}
