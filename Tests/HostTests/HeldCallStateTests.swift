import JSON
import MCP
import Testing

@testable import Host

@Suite struct HeldCallStateTests {
  private var call = HeldCallState()

  private func name(_ step: HeldCallState.Step?) -> String {
    switch step {
    case .nothing: "nothing"
    case .gather: "gather"
    case .ask(let questions): "ask \(questions.map(\.key).joined(separator: " "))"
    case .finish(.success(let bytes)): "finish \(String(decoding: bytes, as: UTF8.self))"
    case .finish(.failure): "finish with an error"
    case .cancel: "cancel"
    case nil: "over"
    }
  }

  private mutating func ask(_ method: String = "roots/list") -> String { name(call.asked(method, nil)?.1) }

  /// The call is held under `ticket`, and so many questions are open.
  private mutating func hold(_ questions: Int = 1, ticket: String = "t") {
    _ = call.awaited()
    for _ in 0..<questions { _ = ask() }
    #expect(name(call.gathered(ticket: ticket)).hasPrefix("ask"))
  }

  @Test mutating func `a call that asks nothing is finished in its exchange`() {
    #expect(name(call.awaited()) == "nothing")
    #expect(name(call.finished(.success(Array("done".utf8)))) == "finish done")
    #expect(call.phase == .ended)
  }

  @Test mutating func `an outcome that comes first is kept for the exchange`() {
    #expect(name(call.finished(.success(Array("done".utf8)))) == "nothing")
    #expect(name(call.awaited()) == "finish done")
  }

  @Test mutating func `questions that come together are asked together`() {
    _ = call.awaited()
    #expect(ask() == "gather")
    #expect(ask() == "nothing")
    #expect(name(call.gathered(ticket: "t")) == "ask q1 q2")
    #expect(call.phase == .held(ticket: "t"))
  }

  @Test mutating func `answers go to their questions, and what is not answered is asked again`() throws {
    hold(2)
    let answered = try #require(call.resumed(ticket: "t") { $0 == "q2" ? RawJSON(["x": 1]) : nil })
    #expect(answered.map { $0.0.number } == [2])
    #expect(name(call.awaited()) == "gather")
    #expect(name(call.gathered(ticket: "u")) == "ask q1")
  }

  @Test mutating func `a ticket is good once, and no other is`() {
    hold()
    #expect(call.resumed(ticket: "other") { _ in nil } == nil)
    #expect(call.resumed(ticket: "t") { _ in RawJSON([:]) } != nil)
    #expect(call.resumed(ticket: "t") { _ in RawJSON([:]) } == nil)
  }

  @Test mutating func `what is asked while the client is away waits for the next round`() {
    hold()
    #expect(ask() == "nothing")
    _ = call.resumed(ticket: "t") { $0 == "q1" ? RawJSON([:]) : nil }
    #expect(name(call.awaited()) == "gather")
    #expect(name(call.gathered(ticket: "u")) == "ask q2")
  }

  @Test mutating func `an end that comes while the client is away waits for it`() {
    hold(2)
    #expect(name(call.finished(.success(Array("late".utf8)))) == "nothing")
    #expect(call.resumed(ticket: "t") { $0 == "q1" ? RawJSON([:]) : nil }?.map(\.0.key) == ["q1"], "it was asked, so its answer counts")
    #expect(name(call.awaited()) == "finish late")
    #expect(call.open.isEmpty)
  }

  @Test mutating func `a client that leaves a running call cancels it, one that was asked does not`() {
    _ = call.awaited()
    #expect(name(call.left()) == "cancel")
    var other = HeldCallState()
    _ = other.awaited()
    _ = other.asked("roots/list", nil)
    _ = other.gathered(ticket: "t")
    #expect(name(other.left()) == "nothing")
    #expect(name(other.expired(ticket: "before")) == "nothing")
    #expect(name(other.expired(ticket: "t")) == "cancel")
    #expect(other.asked("roots/list", nil) == nil)
    #expect(name(other.finished(.success([]))) == "nothing")
  }

  @Test mutating func `a withdrawn question is not asked`() {
    _ = call.awaited()
    _ = ask()
    call.withdrawn(1)
    #expect(name(call.gathered(ticket: "t")) == "nothing")
    #expect(ask() == "gather")
    #expect(name(call.gathered(ticket: "t")) == "ask q2")
  }

  @Test mutating func `where there is no room to wait the call goes on`() {
    _ = call.awaited()
    _ = ask()
    call.withdrawn(1)
    #expect(name(call.notHeld()) == "nothing")
    #expect(call.phase == .attended(isAwaited: true))
    #expect(name(call.finished(.success([]))) == "finish ")
  }

  @Test mutating func `the end comes once`() {
    #expect(name(call.end()) == "cancel")
    #expect(name(call.end()) == "nothing")
    #expect(name(call.awaited()) == "nothing")
  }
}
