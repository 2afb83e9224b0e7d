import Glibc
import JSON
import NIOCore
import Testing

@testable import Host

/// Beginning, sharing and end of children.
@Suite struct UpstreamLifeTests {
  private func counting(_ fixture: UpstreamFixture, _ arguments: [String] = []) -> UpstreamServer {
    fixture.server(arguments: ["count", fixture.directory + "/starts"] + arguments)
  }

  private func pid(_ fixture: UpstreamFixture, _ target: UpstreamTarget) async throws -> Int32 {
    let answer = try await fixture.call(target, "pid")
    return Int32(try #require(answer["pid"]?.intValue))
  }

  // MARK: Start

  @Test func `first calls at the same time start one child`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture, ["slow_start"]))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 { group.addTask { try await fixture.call(target, "echo") } }
        try await group.waitForAll()
      }
      #expect(try fixture.starts().count == 1)
    }
  }

  @Test(arguments: [
    ("no-such-program-anywhere", "cannot start: no such program 'no-such-program-anywhere' in PATH"),
    ("/no/such/file", "cannot start: '/no/such/file': No such file or directory"),
    ("/etc/passwd", "cannot start: '/etc/passwd': Permission denied"),
    ("", "cannot start: the command is empty"),
  ])
  func `a command that cannot be executed is named`(command: String, text: String) async throws {
    try await UpstreamFixture.run { fixture in
      var server = fixture.server(arguments: ["secret-argument"], environment: ["TOKEN": "secret-value"])
      server.command = command
      let error = await #expect(throws: UpstreamError.self) { try await fixture.call(fixture.target(server), "echo") }
      #expect(error?.operatorText == text)
      #expect(error?.publicText == "the server could not be started")
      #expect(!fixture.log.text.contains("secret"))
    }
  }

  @Test func `a working directory that does not exist is told apart`() async throws {
    try await UpstreamFixture.run { fixture in
      var server = fixture.server()
      server.workingDirectory = "/no/such/directory"
      let error = await #expect(throws: UpstreamError.self) { try await fixture.call(fixture.target(server), "echo") }
      #expect(error == .cannotStart("working directory: No such file or directory"))
    }
  }

  @Test func `a supervisor that cannot be executed is an error of its own`() async throws {
    try await UpstreamFixture.run { fixture in
      var setup = fixture.pool.setup
      setup.supervisorPath = "/no/such/gateway"
      let pool = UpstreamPool(group: fixture.group, setup: setup)
      let error = await #expect(throws: UpstreamError.self) {
        try await pool.serverInfo(fixture.target(fixture.server()), deadline: .now() + .seconds(10))
      }
      #expect(error == .cannotStart("posix_spawn of the supervisor: No such file or directory"))
    }
  }

  @Test func `a child that dies before the handshake says so`() async throws {
    try await UpstreamFixture.run { fixture in
      let error = await #expect(throws: UpstreamError.self) {
        try await fixture.call(fixture.target(fixture.server(arguments: ["die_at_start"])), "echo")
      }
      #expect(error == .cannotStart("it exited with status 9 before the MCP handshake was complete"))
    }
  }

  @Test func `a child that answers the handshake with an unknown version is refused`() async throws {
    try await UpstreamFixture.run { fixture in
      let error = await #expect(throws: UpstreamError.self) {
        try await fixture.call(fixture.target(fixture.server(arguments: ["bad_version"])), "echo")
      }
      guard case .protocolViolation = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `a child that never completes the handshake is ended at its own deadline`() async throws {
    try await UpstreamFixture.run { fixture in
      let server = fixture.server(
        arguments: ["count", fixture.directory + "/starts", "never_start"], startTimeout: .seconds(3))
      await #expect(throws: UpstreamError.timedOut(.initialize)) { try await fixture.call(fixture.target(server), "echo") }
      let pid = try #require(try fixture.starts().first)
      try await eventually("the child is still there") { !processExists(pid) }
    }
  }

  @Test func `a caller does not wait for a slow start beyond its own deadline`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture, ["slow_start"]))
      await #expect(throws: UpstreamError.timedOut(.start)) { try await fixture.call(target, "echo", timeout: .milliseconds(50)) }
      // The start goes on and serves the next caller.
      try await fixture.expect(target, "echo", ["a": 1], gives: ["a": 1])
      #expect(try fixture.starts().count == 1)
    }
  }

  @Test func `a task that is cancelled while the child starts stops waiting`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture, ["never_start"]))
      let task = Task { try await fixture.call(target, "echo") }
      try await eventually("nothing was started") { try !fixture.starts().isEmpty }
      task.cancel()
      await #expect(throws: UpstreamError.cancelled) { try await task.value }
    }
  }

  // MARK: Death

  @Test func `a child that dies fails every call in flight and the next call has a new one`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture))
      let first = try await pid(fixture, target)
      let waiting = (0..<5).map { _ in Task { try await fixture.call(target, "hang") } }
      try await eventually("the calls were not sent") { fixture.notifications.all.count == 5 }
      let death = UpstreamError.exited("exited with status 3")
      await #expect(throws: death) { try await fixture.call(target, "die") }
      for task in waiting { await #expect(throws: death) { try await task.value } }
      let second = try await pid(fixture, target)
      #expect(second != first)
      #expect(fixture.pool.states.map(\.restarts) == [1])
      #expect(fixture.pool.states.map(\.lastError) == [.exited("exited with status 3")])
    }
  }

  @Test func `a child that is killed is reported with its signal`() async throws {
    try await UpstreamFixture.run { fixture in
      await #expect(throws: UpstreamError.exited("was ended by signal 9")) {
        try await fixture.call(fixture.target(fixture.server()), "kill_self")
      }
    }
  }

  @Test func `an answer written just before death still counts`() async throws {
    try await UpstreamFixture.run { fixture in
      try await fixture.expect(fixture.target(fixture.server()), "answer_and_die", ["last": "words"], gives: ["last": "words"])
    }
  }

  @Test func `a child that closes its output is ended`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      let pid = try await pid(fixture, target)
      await #expect(throws: UpstreamError.exited("closed its output")) { try await fixture.call(target, "close_output") }
      try await eventually("the child is still there") { !processExists(pid) }
    }
  }

  @Test func `a server that keeps failing is left alone for a while`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture, ["die_at_start"]))
      var refusals = 0
      for _ in 0..<20 {
        let error = await #expect(throws: UpstreamError.self) { try await fixture.call(target, "echo") }
        if error?.operatorText.contains("left alone") == true { refusals += 1 }
      }
      let starts = try fixture.starts().count
      // The first failure costs no pause; from the second on nearly every call fails fast.
      #expect(starts >= 2)
      #expect(starts + refusals == 20)
      #expect(refusals > 10)
      #expect(fixture.pool.states.first?.phase == .failed)
      #expect(fixture.pool.states.first?.retryAt != nil)
    }
  }

  @Test func `after the pause the server is started again`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture))
      for _ in 0..<2 { await #expect(throws: UpstreamError.self) { try await fixture.call(target, "die") } }
      try await eventually("it never came back") {
        do throws(UpstreamError) {
          try await fixture.call(target, "echo")
          return true
        } catch { return false }
      }
      #expect(try fixture.starts().count == 3)
    }
  }

  // MARK: Sharing

  @Test func `each principal has a child of its own unless the entry shares one`() async throws {
    try await UpstreamFixture.run { fixture in
      let own = fixture.server("own")
      let shared = fixture.server("shared", sharing: .gateway)
      let perSession = fixture.server("session", sharing: .session)
      let alice = try await pid(fixture, fixture.target(own, principal: "alice", session: "1"))
      #expect(try await pid(fixture, fixture.target(own, principal: "alice", session: "2")) == alice)
      #expect(try await pid(fixture, fixture.target(own, principal: "bob")) != alice)
      let common = try await pid(fixture, fixture.target(shared, principal: "alice"))
      #expect(try await pid(fixture, fixture.target(shared, principal: "bob")) == common)
      let one = try await pid(fixture, fixture.target(perSession, session: "1"))
      #expect(try await pid(fixture, fixture.target(perSession, session: "1")) == one)
      #expect(try await pid(fixture, fixture.target(perSession, session: "2")) != one)
      fixture.pool.endSession("1")
      try await eventually("the session's child is still there") { !processExists(one) }
      #expect(processExists(alice) && processExists(common))
    }
  }

  @Test func `more children than allowed end the longest idle one`() async throws {
    var capacity = PoolCapacity()
    capacity.childrenPerServer = 2
    try await UpstreamFixture.run(capacity: capacity) { fixture in
      let server = fixture.server()
      let first = try await pid(fixture, fixture.target(server, principal: "a"))
      let second = try await pid(fixture, fixture.target(server, principal: "b"))
      let third = try await pid(fixture, fixture.target(server, principal: "c"))
      try await eventually("the longest idle child is still there") { !processExists(first) }
      #expect(processExists(second) && processExists(third))
      let busy = [("b", "hang"), ("c", "hang")].map { user, tool in
        Task { try await fixture.call(fixture.target(server, principal: user), tool, timeout: .seconds(5)) }
      }
      try await eventually("the calls were not sent") { fixture.notifications.all.count == 2 }
      await #expect(throws: UpstreamError.overloaded) { try await fixture.call(fixture.target(server, principal: "d"), "echo") }
      for task in busy { task.cancel() }
    }
  }

  // MARK: End

  @Test func `an idle child is ended and a later call starts another`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server(idleTimeout: .milliseconds(150)))
      let first = try await pid(fixture, target)
      try await eventually("the idle child is still there") { !processExists(first) }
      #expect(try await pid(fixture, target) != first)
      // Its end was no failure.
      #expect(fixture.pool.states.map(\.restarts) == [0])
    }
  }

  @Test func `a child with a call is not idle`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server(idleTimeout: .milliseconds(50)))
      try await fixture.expect(target, "late", ["is": "answered"], gives: ["is": "answered"])
    }
  }

  @Test func `a retired child finishes its calls and takes no new ones`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server())
      let first = try await pid(fixture, target)
      let call = Task { try await fixture.call(target, "late", ["is": "answered"]) }
      try await eventually("the call was not sent") { fixture.pool.states.first?.inFlight == 1 }
      fixture.pool.retire { $0.name == "scripted" }
      let second = try await pid(fixture, target)
      #expect(second != first)
      #expect(try await call.value == ["is": "answered"])
      try await eventually("the retired child is still there") { !processExists(first) }
      #expect(processExists(second))
    }
  }

  @Test func `a changed entry is served by a new child`() async throws {
    try await UpstreamFixture.run { fixture in
      let first = try await pid(fixture, fixture.target(fixture.server(revision: "1")))
      let second = try await pid(fixture, fixture.target(fixture.server(revision: "2")))
      #expect(first != second)
    }
  }

  @Test func `shutdown ends all children at the same time and refuses calls`() async throws {
    try await UpstreamFixture.run(terminationGrace: .seconds(5)) { fixture in
      // Each of them takes the whole way down: it stays when its input is closed and ignores SIGTERM.
      let server = fixture.server(arguments: ["ignore_term", "stay"])
      var pids: [Int32] = []
      for user in ["a", "b", "c", "d"] { pids.append(try await pid(fixture, fixture.target(server, principal: user))) }
      let supervisors = fixture.pool.states.compactMap(\.supervisorPID)
      let call = Task { try await fixture.call(fixture.target(server, principal: "a"), "hang") }
      try await eventually("the call was not sent") { !fixture.notifications.all.isEmpty }
      let start = NIODeadline.now()
      await fixture.pool.shutdown(deadline: .now() + .seconds(20))
      // One after the other would take four times the grace.
      #expect(NIODeadline.now() - start < .seconds(18))
      await #expect(throws: UpstreamError.shuttingDown) { try await call.value }
      await #expect(throws: UpstreamError.shuttingDown) { try await fixture.call(fixture.target(server, principal: "a"), "echo") }
      for pid in pids + supervisors { #expect(!processExists(pid)) }
    }
  }

  @Test func `shutdown while a child starts leaves nothing behind`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(counting(fixture, ["never_start"]))
      let task = Task { try await fixture.call(target, "echo") }
      try await eventually("nothing was started") { try !fixture.starts().isEmpty }
      let pid = try #require(try fixture.starts().first)
      await fixture.pool.shutdown(deadline: .now() + .seconds(10))
      await #expect(throws: UpstreamError.shuttingDown) { try await task.value }
      #expect(!processExists(pid))
    }
  }

  @Test func `shutdown kills at its deadline what does not leave`() async throws {
    try await UpstreamFixture.run(terminationGrace: .minutes(10)) { fixture in
      let pid = try await pid(fixture, fixture.target(fixture.server(arguments: ["ignore_term", "stay"])))
      let start = NIODeadline.now()
      await fixture.pool.shutdown(deadline: .now() + .seconds(1))
      // The grace period alone would be ten minutes.
      #expect(NIODeadline.now() - start < .minutes(1))
      try await eventually("the child is still there") { !processExists(pid) }
    }
  }
}
