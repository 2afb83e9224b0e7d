import NIOCore
import Testing

@testable import Host

/// When a server that is there counts as ill, and when one that was away is tried again.
@Suite struct UpstreamHealthTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private typealias State = PoolState<String, Int>

  private func server(remote: Bool = false, maxUnanswered: Int? = 3, maxInstances: Int = 64) -> UpstreamServer {
    var server = UpstreamServer(configID: "c", name: "s", command: "x")
    if remote { server.remote = RemoteServer(url: "http://127.0.0.1:1/mcp") }
    server.maxUnanswered = maxUnanswered
    server.maxInstances = maxInstances
    return server
  }

  private func key(_ principal: String) -> UpstreamKey {
    UpstreamKey(UpstreamTarget(principal: principal, session: nil, server: server()))
  }

  /// A child that has a call.
  private func ready(_ state: inout State, _ server: UpstreamServer, _ principal: String = "p", at now: NIODeadline) throws -> State.ChildID
  {
    guard case .start(let child, _) = state.admit(key(principal), server: server, waiter: 1, ticket: now.uptimeNanoseconds, now: now)
    else { throw UpstreamError.overloaded }
    #expect(state.didLaunch(child, principal) == nil)
    #expect(state.didStart(child, now: now)?.waiters == [1])
    return child
  }

  // MARK: Calls

  @Test func `answers in between keep a conversation alive`() {
    var calls = CallHealth()
    for _ in 0..<100 {
      #expect(calls.missed(limit: 5) == false)
      for _ in 0..<2 { calls.answered() }
    }
    #expect(!calls.isSound)
  }

  @Test func `so many of the last ten calls without an answer are too many`() {
    var calls = CallHealth()
    calls.answered()
    for _ in 0..<3 { #expect(calls.missed(limit: 4) == false) }
    #expect(calls.missed(limit: 4) == true)
    #expect(calls.missed(limit: nil) == false)
  }

  @Test func `the successor is on probation until it answers`() {
    var calls = CallHealth()
    calls.beginProbation()
    #expect(calls.missed(limit: 5) == true)
    calls.answered()
    #expect(calls.missed(limit: 5) == false)
    for _ in 0..<CallHealth.window { calls.answered() }
    #expect(calls.isSound)
  }

  @Test func `a silent child is left behind with a pause that grows, and the reason stays`() throws {
    var state = State(capacity: PoolCapacity())
    var pauses: [TimeAmount] = []
    var now = start
    for round in 0..<3 {
      let child = try ready(&state, server(), at: now)
      let missed = (0..<(round == 0 ? 3 : 1)).map { _ in state.didMissAnswer(child, now: now)?.connection }
      #expect(missed.last == "p" && missed.dropLast().allSatisfy { $0 == nil })
      #expect(state.didFail(child, .exited("closed by us"), now: now) == nil)
      #expect(state.slots[child.slot]?.lastError == .unavailable("left too many of its last 10 calls without an answer"))
      let again = try #require(state.recoveryTime(child.slot))
      pauses.append(again - now)
      now = again
    }
    #expect(pauses == [.milliseconds(500), .seconds(1), .seconds(2)])
  }

  @Test func `one caller's silence is not another's`() throws {
    var state = State(capacity: PoolCapacity())
    let first = try ready(&state, server(), "a", at: start)
    _ = try ready(&state, server(), "b", at: start + .seconds(1))
    for _ in 0..<3 { _ = state.didMissAnswer(first, now: start) }
    #expect(state.lease(key("a")) == nil)
    #expect(state.lease(key("b"))?.connection == "b")
  }

  // MARK: Checks

  @Test func `only an idle conversation is checked, and three checks in a row have to fail`() throws {
    var state = State(capacity: PoolCapacity())
    let child = try ready(&state, server(), at: start)
    #expect(state.connectionToCheck(child) == nil)
    _ = state.release(child, isAnswered: true, now: start)
    #expect(state.connectionToCheck(child) == "p")
    let verdicts = [false, false, true, false, false, false].map { state.didCheck(child, isAlive: $0, now: start)?.connection }
    #expect(verdicts == [nil, nil, nil, nil, nil, "p"])
    #expect(state.connectionToCheck(child) == nil)
  }

  // MARK: Return

  @Test func `a server over HTTP is tried again after any failure, a process after a pause only`() throws {
    for isRemote in [true, false] {
      var state = State(capacity: PoolCapacity())
      let child = try ready(&state, server(remote: isRemote), at: start)
      _ = state.didFail(child, .exited("x"), now: start)
      #expect((state.recoveryTime(child.slot) != nil) == isRemote)
    }
  }

  @Test func `a return is told once, and a server that stays away is given up`() throws {
    var state = State(capacity: PoolCapacity())
    let first = try ready(&state, server(remote: true), at: start)
    _ = state.didFail(first, .exited("x"), now: start)
    var now = start
    for _ in 0..<Limits.Upstream.maxRecoveries {
      now = try #require(state.recoveryTime(first.slot))
      let started = state.recover(first.slot, now: now)
      let next = try #require(started)
      _ = state.didFail(next.child, .unavailable("y"), now: now)
      let early = state.recover(first.slot, now: now)
      #expect(early == nil)
    }
    #expect(state.recoveryTime(first.slot) == nil)
    // The next call tries all the same.
    guard case .start(let child, _) = state.admit(key("p"), server: server(remote: true), waiter: 2, ticket: 0, now: now + .hours(1)) else {
      Issue.record("not started")
      return
    }
    #expect(state.didLaunch(child, "p") == nil)
    #expect(state.didStart(child, now: now)?.isReturn == true)
  }

  @Test func `a server has only so many conversations`() throws {
    var state = State(capacity: PoolCapacity())
    _ = try ready(&state, server(maxInstances: 1), "a", at: start)
    guard case .refused(.overloaded) = state.admit(key("b"), server: server(maxInstances: 1), waiter: 1, ticket: 7, now: start) else {
      Issue.record("a second one was started")
      return
    }
  }
}
