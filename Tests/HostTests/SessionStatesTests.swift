import NIOCore
import Synchronization
import Testing

@testable import Host

/// What guardrails keep of conversations.
@Suite struct SessionStatesTests {
  typealias Place = SessionStates.Conversation.Place

  static let now = NIODeadline.now()

  static func key(
    _ principal: String = "ada", _ place: Place = .session("s-1"), binding: String = "patterns", config: String = "c"
  ) -> SessionStates.Key {
    SessionStates.Key(SessionStates.Conversation(principal: principal, configID: config, place: place), binding: binding)
  }

  static func state(_ text: String) -> StateBytes { Array(text.utf8).withUnsafeBytes { StateBytes($0) } }

  static func bounds(states: Int = 100, bytes: Int = 1000, statesEach: Int = 100, bytesEach: Int = 1000) -> SessionStates.Bounds {
    var bounds = SessionStates.Bounds()
    (bounds.maxStates, bounds.maxBytes, bounds.maxStatesPerPrincipal, bounds.maxBytesPerPrincipal) = (states, bytes, statesEach, bytesEach)
    return bounds
  }

  static func isDone(_ replacement: SessionStates.Replacement) -> Bool {
    if case .done = replacement { true } else { false }
  }

  static func isOvertaken(_ replacement: SessionStates.Replacement) -> Bool {
    if case .overtaken = replacement { true } else { false }
  }

  static func isFull(_ replacement: SessionStates.Replacement) -> Bool {
    if case .full = replacement { true } else { false }
  }

  @Test func `only who knows a state replaces it`() {
    let states = SessionStates()
    let (first, second, third) = (Self.state("1"), Self.state("2"), Self.state("3"))
    #expect(states.find(Self.key()) == nil)
    #expect(Self.isDone(states.replace(nil, by: first, for: Self.key())))
    #expect(Self.isOvertaken(states.replace(nil, by: second, for: Self.key())))
    #expect(states.find(Self.key()) === first)
    #expect(Self.isDone(states.replace(first, by: second, for: Self.key())))
    #expect(Self.isOvertaken(states.replace(first, by: third, for: Self.key())))
    // Equal bytes are not the same state.
    #expect(Self.isOvertaken(states.replace(Self.state("2"), by: third, for: Self.key())))
    #expect(states.find(Self.key()) === second && states.byteCount == 1)
  }

  @Test func `principals, conversations, configurations and bindings have states of their own`() {
    let states = SessionStates()
    let keys = [
      Self.key(), Self.key("bob"), Self.key("ada", .session("s-2")), Self.key("ada", .client("s-1")), Self.key(binding: "enkrypt"),
      Self.key(config: "d"),
    ]
    for (number, key) in keys.enumerated() { #expect(Self.isDone(states.replace(nil, by: Self.state("\(number)"), for: key))) }
    for (number, key) in keys.enumerated() { #expect(states.find(key)?.bytes == Array("\(number)".utf8)) }
    #expect(states.count == keys.count)
  }

  @Test func `a session's states end with it`() {
    let states = SessionStates()
    for key in [Self.key(), Self.key(binding: "enkrypt"), Self.key("ada", .session("s-2")), Self.key("ada", .client("s-1"))] {
      _ = states.replace(nil, by: Self.state("x"), for: key)
    }
    states.end(session: "s-1")
    #expect(states.find(Self.key()) == nil && states.find(Self.key(binding: "enkrypt")) == nil)
    #expect(states.count == 2 && states.byteCount == 2)
  }

  @Test func `what is unused for long is forgotten, a session's not before the session`() {
    let states = SessionStates(idleExpiry: .minutes(10))
    let client = Self.key("ada", .client("c"))
    _ = states.replace(nil, by: Self.state("x"), for: client, now: Self.now)
    _ = states.replace(nil, by: Self.state("y"), for: Self.key(), now: Self.now)
    #expect(states.find(client, now: Self.now + .minutes(9)) != nil)
    #expect(states.find(client, now: Self.now + .minutes(18)) != nil, "it was used meanwhile")
    states.expireIdle(now: Self.now + .minutes(27))
    #expect(states.count == 2)
    #expect(states.find(client, now: Self.now + .minutes(28)) == nil && states.count == 1)
    states.expireIdle(now: Self.now + .hours(23))
    #expect(states.count == 1)
    states.expireIdle(now: Self.now + .hours(25))
    #expect(states.count == 0 && states.byteCount == 0)
  }

  @Test func `who keeps too much loses their own oldest, nobody else's`() {
    for bounds in [Self.bounds(statesEach: 2), Self.bounds(bytesEach: 20), Self.bounds(states: 3), Self.bounds(bytes: 30)] {
      let states = SessionStates(bounds: bounds)
      let ten = "0123456789"
      _ = states.replace(nil, by: Self.state(ten), for: Self.key("bob"), now: Self.now)
      for number in 1...3 {
        let key = Self.key("ada", .session("\(number)"))
        #expect(Self.isDone(states.replace(nil, by: Self.state(ten), for: key, now: Self.now + .seconds(Int64(number)))))
      }
      #expect(states.find(Self.key("bob")) != nil)
      let kept = (1...3).map { states.find(Self.key("ada", .session("\($0)")), now: Self.now + .seconds(4)) != nil }
      #expect(kept == [false, true, true], "\(bounds)")
      #expect(states.count == 3 && states.byteCount == 30)
    }
  }

  @Test func `without room of their own a newcomer is refused, and what was there stays`() {
    let states = SessionStates(bounds: Self.bounds(bytes: 10))
    _ = states.replace(nil, by: Self.state("01234567"), for: Self.key("bob"))
    #expect(Self.isFull(states.replace(nil, by: Self.state("012"), for: Self.key())))
    let small = Self.state("0")
    #expect(Self.isDone(states.replace(nil, by: small, for: Self.key())))
    #expect(Self.isFull(states.replace(small, by: Self.state("0123"), for: Self.key())))
    #expect(states.find(Self.key()) === small && states.byteCount == 9 && states.count == 2)
    let narrow = SessionStates(bounds: Self.bounds(bytesEach: 3))
    #expect(Self.isFull(narrow.replace(nil, by: Self.state("0123"), for: Self.key())))
    #expect(narrow.count == 0)
  }

  @Test func `bytes are overwritten when the last holder lets go`() {
    let seen = Mutex<[[UInt8]]>([])
    let secret = Array("ada@example.com".utf8)
    func make() -> StateBytes { secret.withUnsafeBytes { StateBytes($0) { left in seen.withLock { $0.append(Array(left)) } } } }
    let states = SessionStates()
    do {
      let first = make()
      #expect(first.bytes == secret)
      _ = states.replace(nil, by: first, for: Self.key())
    }
    #expect(seen.withLock { $0.isEmpty }, "it is kept")
    let held = states.find(Self.key())
    _ = states.replace(held, by: make(), for: Self.key())
    #expect(seen.withLock { $0.isEmpty } && held?.bytes == secret, "a check still reads it")
    withExtendedLifetime(held) {}
    states.end(session: "s-1")
    #expect(seen.withLock { $0.last } == [UInt8](repeating: 0, count: secret.count))
    #expect(seen.withLock { $0.allSatisfy { $0.allSatisfy { $0 == 0 } } })
  }

  @Test func `an empty state is one, too`() {
    let states = SessionStates()
    #expect(Self.isDone(states.replace(nil, by: Self.state(""), for: Self.key())))
    #expect(states.find(Self.key())?.bytes == [])
  }

  @Test func `a call's states are replaced by who knows them`() {
    let calls = CallStates()
    let (first, second) = (Self.state("1"), Self.state("2"))
    #expect(calls["a"] == nil && calls.replace(nil, by: first, of: "a") && !calls.replace(nil, by: second, of: "a"))
    #expect(calls.replace(first, by: second, of: "a") && calls["a"] === second && calls["b"] == nil)
  }
}
