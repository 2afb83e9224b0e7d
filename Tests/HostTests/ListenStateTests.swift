import MCP
import NIOCore
import Testing

@testable import Host

/// The subscription that a conversation of 2026-07-28 holds at its server.
@Suite struct ListenStateTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private let tools = ListenFilter(lists: [.tools])
  private let refusal = RPCError.methodNotFound("no")

  /// With the list of tools, acknowledged.
  private func listening() -> ListenState {
    var state = ListenState(tools)
    #expect(state.begin() == [.open(1, tools)])
    #expect(state.acknowledged(1, tools, now: start) == [])
    return state
  }

  private func with(_ uris: String...) -> ListenFilter { ListenFilter(lists: [.tools], uris: Set(uris)) }

  @Test func `a server that announces nothing is not asked`() {
    var state = ListenState(ListenFilter())
    #expect(state.begin() == [])
    #expect(state.follow("a", ticket: 1) == [.open(1, ListenFilter(uris: ["a"]))])
  }

  @Test func `a new stream is acknowledged before the old one is closed`() {
    var state = listening()
    #expect(state.follow("a", ticket: 1) == [.open(2, with("a"))])
    #expect(state.acknowledged(2, with("a"), now: start) == [.close(1), .settle(ticket: 1, nil)])
    #expect(state.follow("a", ticket: 2) == [.settle(ticket: 2, nil)])
    #expect(state.unfollow("a") == [.open(3, tools)])
    #expect(state.acknowledged(3, tools, now: start) == [.close(2)])
    #expect(state.unfollow("a") == [])
  }

  @Test func `wishes of a moment wait for the stream that is being opened`() {
    var state = listening()
    #expect(state.follow("a", ticket: 1) == [.open(2, with("a"))])
    #expect(state.follow("b", ticket: 2) == [])
    #expect(state.acknowledged(2, with("a"), now: start) == [.close(1), .settle(ticket: 1, nil), .open(3, with("a", "b"))])
    #expect(state.acknowledged(3, with("a", "b"), now: start) == [.close(2), .settle(ticket: 2, nil)])
  }

  @Test func `what is not honoured is refused and not asked for again`() {
    var state = listening()
    _ = state.follow("a", ticket: 1)
    _ = state.acknowledged(2, tools, now: start).map { step in
      if case .settle(_, let error) = step { #expect(error == .notTold) }
    }
    #expect(state.ended(2, refusal: nil, now: start) == [.retry(after: .zero)])
    #expect(state.retry() == [.open(3, tools)])
  }

  @Test func `a stream that is lost is opened again, later each time, and what may have been missed is told`() {
    var state = listening()
    var number = 1
    for pause in [TimeAmount.zero, .milliseconds(500), .seconds(1), .seconds(2)] {
      #expect(state.ended(number, refusal: nil, now: start) == [.retry(after: pause)])
      number += 1
      #expect(state.retry() == [.open(number, tools)])
      #expect(state.acknowledged(number, tools, now: start) == [.missed(tools)])
    }
  }

  @Test func `one that is refused is not asked for again`() {
    var state = ListenState(tools)
    _ = state.begin()
    #expect(state.ended(1, refusal: refusal, now: start) == [])
    #expect(state.follow("a", ticket: 1) == [.settle(ticket: 1, refusal)])
    #expect(state.retry() == [])
  }

  @Test func `a refused wish leaves what there was`() {
    var state = listening()
    _ = state.follow("a", ticket: 1)
    #expect(state.ended(2, refusal: refusal, now: start) == [.settle(ticket: 1, refusal)])
    #expect(state.follow("b", ticket: 2) == [.open(3, with("b"))])
  }

  @Test func `a server that does not acknowledge is tried again`() {
    var state = ListenState(tools)
    _ = state.begin()
    #expect(state.timedOut(1) == [.close(1), .retry(after: .zero)])
    #expect(state.timedOut(1) == [])
    #expect(state.acknowledged(1, tools, now: start) == [])
    #expect(state.retry() == [.open(2, tools)])
  }

  @Test func `what is said of streams of before is nothing`() {
    var state = listening()
    _ = state.follow("a", ticket: 1)
    _ = state.acknowledged(2, with("a"), now: start)
    #expect(state.ended(1, refusal: nil, now: start) == [])
    #expect(state.ended(7, refusal: refusal, now: start) == [])
    #expect(state.acknowledged(1, tools, now: start) == [])
  }

  @Test func `who does not wait any more is not settled`() {
    var state = listening()
    _ = state.follow("a", ticket: 1)
    state.forget(ticket: 1)
    #expect(state.acknowledged(2, with("a"), now: start) == [.close(1)])
  }

  @Test func `an old stream that ends while a new one is opened leads to no third`() {
    var state = listening()
    _ = state.follow("a", ticket: 1)
    #expect(state.ended(1, refusal: nil, now: start) == [])
    #expect(state.acknowledged(2, with("a"), now: start) == [.settle(ticket: 1, nil), .missed(with("a"))])
  }
}
