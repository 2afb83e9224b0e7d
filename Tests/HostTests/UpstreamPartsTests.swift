import JSON
import MCP
import NIOCore
import Testing

@testable import Host

/// The parts that need no process.
@Suite struct UpstreamPartsTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  // MARK: Calls in flight

  @Test func `calls expire in any order of their deadlines`() {
    var calls = PendingCalls<String>()
    let late = calls.add("late", deadline: start + .seconds(3))
    let early = calls.add("early", deadline: start + .seconds(1))
    #expect(calls.earliestDeadline == start + .seconds(1))
    #expect(calls.removeExpired(at: start).isEmpty)
    #expect(calls.removeExpired(at: start + .seconds(2)).map(\.id) == [early])
    #expect(calls.remove(late) == "late")
    #expect(calls.remove(late) == nil)
    #expect(calls.earliestDeadline == nil)
  }

  @Test func `a ticket is either sent or cancelled before sending`() {
    let sent = CallTicket()
    #expect(sent.send(as: 7))
    #expect(sent.cancel() == 7)
    #expect(sent.cancel() == 7)
    let cancelled = CallTicket()
    #expect(cancelled.cancel() == nil)
    #expect(!cancelled.send(as: 8))
    #expect(cancelled.cancel() == nil)
  }

  // MARK: Back-off

  @Test func `pauses double from the second failure on, up to a bound`() {
    var backOff = BackOff()
    let pauses = (0..<12).map { _ in backOff.pauseAfterFailure(lifetime: .seconds(1)).nanoseconds / 1_000_000 }
    #expect(pauses == [0, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000])
    #expect(backOff.pauseAfterFailure(lifetime: Limits.Upstream.healthyAfter) == .zero)
  }

  @Test func `a great many failures do not overflow`() {
    var backOff = BackOff()
    for _ in 0..<1000 { #expect(backOff.pauseAfterFailure(lifetime: nil) <= Limits.Upstream.maxBackOff) }
  }

  // MARK: Slots

  private func server(_ name: String = "s", idle: TimeAmount = .seconds(60)) -> UpstreamServer {
    UpstreamServer(configID: "c", name: name, command: "x", idleTimeout: idle)
  }

  private func key(_ principal: String, _ name: String = "s") -> UpstreamKey {
    UpstreamKey(UpstreamTarget(principal: principal, session: nil, server: server(name)))
  }

  /// Brings a child of `principal` up to readiness.
  private func ready(
    _ state: inout PoolState<String, Int>, _ principal: String, at now: NIODeadline
  ) throws -> PoolState<String, Int>.ChildID {
    guard case .start(let child, _) = state.admit(key(principal), server: server(), waiter: 1, ticket: now.uptimeNanoseconds, now: now)
    else { throw UpstreamError.overloaded }
    #expect(state.didLaunch(child, principal) == nil)
    #expect(state.didStart(child, now: now)?.waiters == [1])
    #expect(state.release(child, isAnswered: true, now: now) == nil)
    return child
  }

  @Test func `news about an earlier child of a slot does not touch the present one`() throws {
    var state = PoolState<String, Int>(capacity: PoolCapacity())
    let first = try ready(&state, "a", at: start)
    #expect(state.didFail(first, .exited("x"), now: start)?.remains?.connection == "a")
    guard case .start(let second, _) = state.admit(key("a"), server: server(), waiter: 2, ticket: 2, now: start) else {
      Issue.record("no restart")
      return
    }
    #expect(state.didFail(first, .exited("again"), now: start) == nil)
    #expect(state.release(first, isAnswered: true, now: start) == nil)
    #expect(state.didLaunch(second, "a2") == nil)
    #expect(state.didStart(second, now: start)?.waiters == [2])
    #expect(state.lease(key("a"))?.connection == "a2")
  }

  @Test func `a failed slot refuses until its pause is over`() throws {
    var state = PoolState<String, Int>(capacity: PoolCapacity())
    let first = try ready(&state, "a", at: start)
    _ = state.didFail(first, .exited("x"), now: start)
    guard case .start(let second, _) = state.admit(key("a"), server: server(), waiter: 2, ticket: 2, now: start) else {
      Issue.record("the first failure costs no pause")
      return
    }
    let failure = state.didFail(second, .cannotStart("y"), now: start)
    #expect(failure?.waiters == [2])
    guard case .refused(let error) = state.admit(key("a"), server: server(), waiter: 3, ticket: 3, now: start) else {
      Issue.record("not refused")
      return
    }
    #expect(error.operatorText == "cannot start: it failed and is left alone for 1 s; the last failure: cannot start: y")
    guard case .start = state.admit(key("a"), server: server(), waiter: 4, ticket: 4, now: start + .seconds(1)) else {
      Issue.record("still refused")
      return
    }
  }

  @Test func `only an idle child is evicted, the longest idle first`() throws {
    var capacity = PoolCapacity()
    capacity.children = 2
    var state = PoolState<String, Int>(capacity: capacity)
    _ = try ready(&state, "a", at: start)
    _ = try ready(&state, "b", at: start + .seconds(1))
    let lease = state.lease(key("a"))
    guard case .start(_, let evicted) = state.admit(key("c"), server: server(), waiter: 1, ticket: 1, now: start + .seconds(2)) else {
      Issue.record("no room was made")
      return
    }
    #expect(evicted?.connection == "b")
    // One has a call, the other is starting.
    guard case .refused(.overloaded) = state.admit(key("d"), server: server(), waiter: 1, ticket: 9, now: start) else {
      Issue.record("too many children")
      return
    }
    #expect(lease != nil)
  }

  @Test func `nothing is started while too many children are closing`() throws {
    var capacity = PoolCapacity()
    capacity.closing = 1
    var state = PoolState<String, Int>(capacity: capacity)
    let first = try ready(&state, "a", at: start)
    #expect(state.retire { _ in true }.idle.map(\.connection) == ["a"])
    guard case .refused(.overloaded) = state.admit(key("a"), server: server(), waiter: 1, ticket: 1, now: start) else {
      Issue.record("started")
      return
    }
    state.didClose(first)
    _ = try ready(&state, "a", at: start + .seconds(1))
  }

  @Test func `slots of failed servers are forgotten when there are too many`() throws {
    var capacity = PoolCapacity()
    capacity.slots = 3
    var state = PoolState<String, Int>(capacity: capacity)
    for number in 0..<10 {
      let now = start + .seconds(Int64(number))
      guard case .start(let child, _) = state.admit(key("p\(number)"), server: server(), waiter: 1, ticket: UInt64(number), now: now) else {
        Issue.record("\(number) was refused")
        return
      }
      _ = state.didFail(child, .cannotStart("x"), now: now)
      #expect(state.slots.count <= 3)
    }
  }

  @Test func `a child that is ready too late is to be closed`() throws {
    var state = PoolState<String, Int>(capacity: PoolCapacity())
    guard case .start(let child, _) = state.admit(key("a"), server: server(), waiter: 5, ticket: 1, now: start) else {
      Issue.record("not started")
      return
    }
    let end = state.shutDown()
    #expect(end.waiters == [5])
    #expect(end.remains.isEmpty)
    #expect(state.launching.count == 1)
    #expect(state.didLaunch(child, "late")?.connection == "late")
    #expect(state.launching.isEmpty && state.closing.count == 1)
    state.didClose(child)
    #expect(state.closing.isEmpty)
  }

  // MARK: Standard error

  private func lines(_ pieces: [String], maxBytes: Int = 10) -> [String] {
    var lines = StderrLines(maxBytes: maxBytes)
    var result: [String] = []
    let emit: (StderrLines.Line) -> Void = { result.append(String(decoding: $0.bytes, as: UTF8.self) + ($0.isCut ? "…" : "")) }
    for piece in pieces { lines.append(Array(piece.utf8), emit) }
    lines.finish(emit)
    return result
  }

  @Test func `lines are found in whatever pieces they arrive, and cut`() {
    #expect(lines(["a", "b\nc\r\n", "\n\nd"]) == ["ab", "c", "d"])
    #expect(lines(["0123456789abc", "def\nnext\n"]) == ["0123456789…", "next"])
    #expect(lines([]) == [])
  }

  @Test func `a secret at the cut is not shown in part`() {
    let mask = SecretMask(environment: ["KEY": "supersecret", "SHORT": "1"])
    let text = StderrText(secrets: mask, maxBytes: 20)
    for offset in 0..<30 {
      var shown = ""
      var lines = StderrLines(maxBytes: text.bytesNeeded)
      let line = String(repeating: "-", count: offset) + "supersecret supersecret" + String(repeating: "+", count: 60) + "\n"
      lines.append(Array(line.utf8)) { shown += text.text($0) }
      #expect(!shown.contains("sup"), "at \(offset): \(shown)")
      #expect(shown.utf8.count <= 20 + "…".utf8.count)
    }
  }

  @Test func `each line of a secret is masked, and short values are not`() {
    let mask = SecretMask(environment: ["PEM": "BEGIN-OF-KEY\nabcdefghijkl\n", "FLAG": "true"])
    #expect(mask.masking("abcdefghijkl is true") == "[masked] is true")
  }

  @Test func `the budget refills at its rate`() {
    var budget = LineBudget(perSecond: 2, burst: 3)
    #expect((0..<5).map { _ in budget.spend(at: start) } == [true, true, true, false, false])
    #expect(budget.takeDropped() == 2)
    #expect((0..<3).map { _ in budget.spend(at: start + .seconds(1)) } == [true, true, false])
    #expect((0..<4).map { _ in budget.spend(at: start + .hours(100_000)) } == [true, true, true, false])
  }

  // MARK: Small parsers

  @Test(
    arguments: [
      (#"{"jsonrpc":"2.0","id":12,"result":{"#, 12), (#"{"id" : 7,"#, 7), (#"{"a":"x","id":"7"}"#, nil), (#"["id":7]"#, nil), ("{", nil),
      (#"{"id":99999999999999999999}"#, nil), (#"{"id""#, nil),
    ] as [(String, Int?)])
  func `the id of a broken message is guessed`(line: String, id: Int?) {
    #expect(GarbageLine.answeredID(in: Array(line.utf8)) == id)
  }

  @Test(
    arguments: [
      ("P 42", .started(pid: 42)), ("E 2 exec", .failed(code: 2, step: "exec")), ("X 3 0", .ended(.code(3))), ("X 0 9", .ended(.signal(9))),
      ("", nil), ("P", nil), ("P x", nil), ("E 2", nil), ("Z 1", nil), ("X 1 2 3", nil),
    ] as [(String, SupervisorReport?)])
  func `reports of the supervisor are read`(line: String, report: SupervisorReport?) {
    #expect(SupervisorReport(line: line) == report)
  }

  private func setup(_ base: [String: String]) -> UpstreamSetup {
    UpstreamSetup(
      supervisorPath: "/nowhere", log: Log(sink: UpstreamTestLog(), scope: ""), clientInfo: Implementation(name: "t", version: "1"),
      baseEnvironment: BaseEnvironment(variables: base))
  }

  @Test(arguments: ["", "A=B", "A\u{0}"])
  func `an environment name that cannot be passed on is refused`(name: String) {
    var server = server()
    server.environment = [name: "x"]
    #expect(ChildCommand(server, setup: setup([:])).refusal != nil)
  }

  @Test func `the supervisor sees the child's variables only under cover`() {
    var server = server()
    server.environment = ["LD_PRELOAD": "/tmp/evil.so"]
    let command = ChildCommand(server, setup: setup(["PATH": "/bin"]))
    #expect(
      command.supervisorEnvironment(own: ["LD_LIBRARY_PATH": "/opt"]) == ["~LD_PRELOAD=/tmp/evil.so", "~PATH=/bin", "LD_LIBRARY_PATH=/opt"])
  }
}
