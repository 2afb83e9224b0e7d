import NIOCore
import Testing

@testable import Host

@Suite struct CircuitBreakerTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private func breaker(failures: Int = 3, pause: TimeAmount = .seconds(10)) -> CircuitBreaker {
    var settings = BreakerSettings()
    settings.failures = failures
    settings.pause = pause
    return CircuitBreaker(settings)
  }

  private func admitted(_ breaker: inout CircuitBreaker, at now: NIODeadline) throws -> CircuitBreaker.Ticket {
    let ticket = breaker.admit(now: now)
    return try #require(ticket)
  }

  /// Whether a check would be made, without making it.
  private func asks(_ breaker: CircuitBreaker, at now: NIODeadline) -> Bool {
    var breaker = breaker
    return breaker.admit(now: now) != nil
  }

  /// One check that ends at once.
  private func check(_ breaker: inout CircuitBreaker, _ ending: CircuitBreaker.Ending, at now: NIODeadline) throws {
    let ticket = try admitted(&breaker, at: now)
    _ = breaker.note(ending, of: ticket, now: now)
  }

  private let failure = CircuitBreaker.Ending.failure(retryAfter: .zero)

  @Test func `so many failures in a row open it, and nothing is asked until the pause is over`() throws {
    var breaker = breaker()
    for _ in 0..<3 { try check(&breaker, failure, at: start) }
    #expect(breaker.openings == 1)
    #expect(!asks(breaker, at: start))
    #expect(!asks(breaker, at: start + .milliseconds(9_999)))
    #expect(asks(breaker, at: start + .seconds(10)))
  }

  @Test func `a verdict between failures begins the row anew`() throws {
    var breaker = breaker()
    for _ in 0..<5 {
      try check(&breaker, failure, at: start)
      try check(&breaker, failure, at: start)
      try check(&breaker, .verdict, at: start)
    }
    #expect(breaker.phase == .closed(failures: 0))
  }

  @Test func `what says nothing of the guardrail changes nothing`() throws {
    var breaker = breaker()
    try check(&breaker, failure, at: start)
    for _ in 0..<9 { try check(&breaker, .neither, at: start) }
    #expect(breaker.phase == .closed(failures: 1))
  }

  @Test func `after the pause exactly one check is the trial`() throws {
    var breaker = breaker(failures: 1)
    try check(&breaker, failure, at: start)
    let later = start + .seconds(10)
    let trial = try admitted(&breaker, at: later)
    #expect(!asks(breaker, at: later))
    let change1 = breaker.note(.verdict, of: trial, now: later)
    #expect(change1)
    #expect(asks(breaker, at: later))
  }

  @Test func `a failed trial opens it for another pause, without counting another outage`() throws {
    var breaker = breaker(failures: 1)
    try check(&breaker, failure, at: start)
    let later = start + .seconds(10)
    try check(&breaker, failure, at: later)
    #expect(!asks(breaker, at: later + .seconds(9)))
    #expect(asks(breaker, at: later + .seconds(10)))
  }

  @Test func `a trial that its caller gave up leaves the next one to try`() throws {
    var breaker = breaker(failures: 1)
    try check(&breaker, failure, at: start)
    let later = start + .seconds(10)
    try check(&breaker, .neither, at: later)
    #expect(asks(breaker, at: later))
  }

  @Test func `a check that began before it opened says nothing when it ends`() throws {
    var breaker = breaker(failures: 2)
    let slow = try admitted(&breaker, at: start)
    let slower = try admitted(&breaker, at: start)
    try check(&breaker, failure, at: start)
    try check(&breaker, failure, at: start)
    let change2 = breaker.note(.verdict, of: slow, now: start + .seconds(1))
    #expect(!change2)
    let change3 = breaker.note(failure, of: slower, now: start + .seconds(1))
    #expect(!change3)
    #expect(breaker.phase == .open(until: start + .seconds(10)))
    let trial = try admitted(&breaker, at: start + .seconds(10))
    let change4 = breaker.note(.verdict, of: slow, now: start + .seconds(10))
    #expect(!change4, "nor is it the trial")
    let change5 = breaker.note(.verdict, of: trial, now: start + .seconds(10))
    #expect(change5)
  }

  @Test(arguments: [(1, 10), (30, 30), (86_400, 300)])
  func `the provider's advice lengthens a pause, within a bound`(advised: Int64, pause: Int64) throws {
    var breaker = breaker(failures: 1)
    try check(&breaker, .failure(retryAfter: .seconds(advised)), at: start)
    #expect(breaker.phase == .open(until: start + .seconds(pause)))
  }

  @Test func `without a number of failures it never opens`() throws {
    var breaker = breaker(failures: 0)
    for _ in 0..<100 { try check(&breaker, failure, at: start) }
    breaker.trip(now: start)
    #expect(asks(breaker, at: start))
    #expect(breaker.openings == 0)
  }

  @Test func `a self-test opens and closes it`() throws {
    var breaker = breaker()
    breaker.trip(now: start)
    #expect(!asks(breaker, at: start))
    breaker.reset()
    #expect(asks(breaker, at: start))
  }
}
