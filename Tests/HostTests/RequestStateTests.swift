import JSON
import MCP
import NIOCore
import Synchronization
import Testing

@testable import Host

@Suite struct RequestStateTests {
  private let clock = Clock()
  private let seal: StateSeal

  init() { seal = StateSeal { [clock] in clock.seconds.withLock { $0 } } }

  private final class Clock: Sendable {
    let seconds = Mutex(1_000)
  }

  private func call(_ params: String, method: String = "tools/call") throws -> Request {
    Request(id: RequestID(1), method: method, params: try RawJSON(validating: Array(params.utf8)))
  }

  private func binding(_ params: String, _ principal: String = "alice", _ view: ServerView = .all) throws -> StateBinding {
    StateBinding(try call(params), principal: principal, view: view)
  }

  @Test func `a state opens for the same request, however it is written`() throws {
    let state = seal.seal(
      .held(ticket: "t"), lifetime: .seconds(10), for: try binding(#"{"name":"x","arguments":{"a":1,"b":[{"c":2,"d":3}]}}"#))
    let again = try binding(
      #"{"arguments": {"b":[{"d":3,"c":2}], "a":1}, "name":"x", "requestState":"…", "inputResponses":{}, "_meta":{"progressToken":7}}"#)
    guard case .held(let ticket) = try seal.open(state, for: again) else { throw RequestStateTests.unexpected }
    #expect(ticket == "t")
  }

  private static let unexpected = RPCError.internalError("unexpected")

  @Test(arguments: [
    (#"{"name":"y","arguments":{"a":1}}"#, "alice", ServerView.all), (#"{"name":"x","arguments":{"a":2}}"#, "alice", .all),
    (#"{"name":"x"}"#, "alice", .all), (#"{"name":"x","arguments":{"a":1},"more":1}"#, "alice", .all),
    (#"{"name":"x","arguments":{"a":1}}"#, "bob", .all), (#"{"name":"x","arguments":{"a":1}}"#, "alice", .server("s")),
  ])
  func `a state is good for nobody and nothing else`(params: String, principal: String, view: ServerView) throws {
    let state = seal.seal(.held(ticket: "t"), lifetime: .seconds(10), for: try binding(#"{"name":"x","arguments":{"a":1}}"#))
    #expect(throws: StateSeal.refusal) { try seal.open(state, for: binding(params, principal, view)) }
  }

  @Test func `a state expires`() throws {
    let binding = try binding("{}")
    let state = seal.seal(.held(ticket: "t"), lifetime: .seconds(10), for: binding)
    clock.seconds.withLock { $0 += 10 }
    _ = try seal.open(state, for: binding)
    clock.seconds.withLock { $0 += 1 }
    #expect(throws: StateSeal.refusal) { try seal.open(state, for: binding) }
  }

  @Test(arguments: ["", "x", "AAAA", String(repeating: "A", count: 300 << 10)])
  func `what is no state is refused in the same words`(text: String) throws {
    #expect(throws: StateSeal.refusal) { try seal.open(text, for: binding("{}")) }
  }

  @Test func `what a server wants back is carried byte by byte`() throws {
    let serverState = try RawJSON(validating: Array(#""\u0041\/ é\ud83d""#.utf8))
    let repetition = Repetition(
      server: "many", rounds: 3, asked: [.init(key: "a", method: "roots/list"), .init(key: "b", method: "elicitation/create")],
      state: serverState, isConsent: false)
    let binding = try binding("{}")
    let state = seal.seal(.repeated(repetition), lifetime: .seconds(10), for: binding)
    guard case .repeated(let opened) = try seal.open(state, for: binding) else { throw Self.unexpected }
    #expect(opened.server == "many" && opened.rounds == 3 && opened.asked == repetition.asked && !opened.isConsent)
    #expect(opened.state?.bytes == serverState.bytes)
  }

  @Test func `only what was asked is taken from the answers`() throws {
    var repetition = Repetition(server: "s", rounds: 1, asked: [.init(key: "a", method: "roots/list")], state: nil, isConsent: false)
    try repetition.take(RawJSON(["q1": ["roots": []], "a": ["roots": []]]))
    #expect(repetition.answers.map(\.asked.key) == ["a"])
    #expect(throws: RPCError.self) { try repetition.take(RawJSON(["q1": "text"])) }
  }
}
