import NIOCore
import Testing

@testable import Host

/// Which resources are followed at servers, and for whom.
@Suite struct FollowStateTests {
  private typealias State = FollowState<String, String>

  private func key(_ principal: String = "alice") -> UpstreamKey {
    UpstreamKey(UpstreamTarget(principal: principal, session: nil, server: UpstreamServer(configID: "c", name: "s", command: "x")))
  }

  private func add(_ state: inout State, _ uri: String, _ name: String, _ key: UpstreamKey? = nil) -> (State.Wish, State.Admission) {
    let wish = State.Wish(key: key ?? self.key(), uri: uri, number: state.newNumber())
    return (wish, state.add(wish, name, waiter: name))
  }

  @Test func `a resource is followed once and left with the last who wants it`() {
    var state = State()
    let (first, start) = add(&state, "a", "one")
    #expect(start == .starts)
    #expect(state.next(key()) == .follow(["a"]))
    let (second, wait) = add(&state, "a", "two")
    #expect(wait == .waits)
    #expect(state.didFollow(key(), "a")?.waiters.sorted() == ["one", "two"])
    #expect(add(&state, "a", "three").1 == .followed)
    #expect(state.followers(key(), of: "a") == ["one", "two", "three"])
    #expect(state.next(key()) == .rest)
    for wish in [first, second] { #expect(state.remove(wish) == nil) }
    #expect(state.next(key()) == .rest)
    #expect(state.remove(State.Wish(key: key(), uri: "a", number: 3)) == nil)
    #expect(state.next(key()) == .unfollow(["a"]))
    #expect(state.next(key()) == .end)
    #expect(add(&state, "a", "four").1 == .starts)
  }

  @Test func `conversations are apart`() {
    var state = State()
    _ = add(&state, "a", "alice")
    _ = add(&state, "a", "bob", key("bob"))
    #expect(state.followers(key(), of: "a") == ["alice"])
    #expect(state.followers(key("bob"), of: "a") == ["bob"])
    #expect(state.followers(key("carol"), of: "a") == [])
  }

  @Test func `who waits is refused and who heard of it before stays for the next conversation`() {
    var state = State()
    _ = add(&state, "a", "one")
    _ = state.didFollow(key(), "a")
    state.didEnd(key())
    _ = add(&state, "a", "two")
    #expect(state.didRefuse(key(), "a") == ["two"])
    #expect(state.next(key()) == .rest)
    state.didEnd(key())
    #expect(state.next(key()) == .follow(["a"]))
    let followed = state.didFollow(key(), "a")
    #expect(followed?.waiters == [] && followed?.others == ["one"])
  }

  @Test func `without a conversation whoever waits is told and forgotten`() {
    var state = State()
    _ = add(&state, "a", "one")
    _ = add(&state, "b", "two")
    #expect(state.didFail(key()).sorted() == ["one", "two"])
    #expect(state.next(key()) == .end)
  }

  @Test func `a wish that is left before it is granted leaves nothing`() {
    var state = State()
    let (wish, _) = add(&state, "a", "one")
    #expect(state.isWaiting(wish))
    #expect(state.remove(wish) == "one")
    #expect(!state.isWaiting(wish))
    #expect(state.next(key()) == .end)
  }

  @Test func `a wish that is left while it is being granted is taken back`() {
    var state = State()
    let (wish, _) = add(&state, "a", "one")
    #expect(state.next(key()) == .follow(["a"]))
    _ = state.remove(wish)
    _ = state.didFollow(key(), "a")
    #expect(state.next(key()) == .unfollow(["a"]))
  }

  @Test func `a wish that waits for nothing outlives a failure`() {
    var state = State()
    let wish = State.Wish(key: key(), uri: "a", number: state.newNumber())
    #expect(state.add(wish, "one", waiter: nil) == .starts)
    #expect(state.didFail(key()) == [])
    #expect(state.next(key()) == .follow(["a"]))
  }

  @Test(arguments: [
    ("x://a", "x://a", true), ("x://a", "x://a/b", true), ("x://a", "x://a?q", true), ("x://a", "x://a#f", true),
    ("x://a/", "x://a/b", true),
    ("x://a", "x://ab", false), ("x://a/b", "x://a", false), ("x://a", "X://a", false), ("x://a", "", false),
  ])
  func `an update concerns what it lies in`(followed: String, updated: String, expected: Bool) {
    #expect(State.covers(followed, updated) == expected)
  }
}
