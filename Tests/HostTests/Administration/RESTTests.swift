import JSON
import NIOCore
import RESTServer
import Testing

@testable import Host

/// The REST API and its description say the same as the table of operations.
@Suite struct RESTRouteTests {
  private let routes = RESTRoutes()

  @Test func `every operation is reached by its method and path, with its fields in its description`() throws {
    let description = OpenAPI.document
    for operation in AdminOperations.all {
      let path = RESTRoutes.prefix + operation.route.path
      let sent = path.replacing("{", with: "").replacing("}", with: "")
      let entry = try #require(routes.entry(of: sent))
      guard case .operations(let operations) = entry.target else {
        Issue.record("\(path) leads elsewhere")
        continue
      }
      #expect(operations[operation.route.method.rawValue]?.name == operation.name)
      let described = try #require(description["paths"]?[path]?[operation.route.method.rawValue.lowercased()])
      #expect(described["x-command"]?.stringValue == operation.name)
      let parameters = Set(described["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? [])
      let body = described["requestBody"]?["content"]?["application/json"]?["schema"]?["properties"]?.objectValue
      for field in operation.fields {
        #expect(
          field.names.contains { parameters.contains($0) } || field.names.allSatisfy { body?[$0] != nil },
          "\(operation.name): \(field.name)")
      }
    }
  }

  @Test func `operations have names of their own in the description`() {
    let names = AdminOperations.all.map { $0.name.replacing(" ", with: "-") }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    ("/api/v1/configs/copy", "/api/v1/configs/copy"), ("/api/v1/configs/other", "/api/v1/configs/{config_id}"),
    ("//api/v1/configs/", "/api/v1/configs"), ("/health", "/health"),
  ])
  func `a written part of a path goes before one that is a field`(_ sent: String, _ path: String) {
    #expect(routes.entry(of: sent)?.path == path)
  }

  @Test(arguments: ["/", "", "/api", "/api/v1", "/api/v1/configs/a/b/c/d/e", "/docs/other"])
  func `elsewhere there is nothing`(_ sent: String) { #expect(routes.entry(of: sent) == nil) }
}

@Suite struct PercentDecodingTests {
  @Test(
    arguments: [
      ("a%2Fb", "a/b"), ("%C3%A4", "ä"), ("a+b", "a+b"), ("", ""), ("%00", "\0"), ("%", nil), ("%2", nil), ("%zz", nil), ("%ff", nil),
      ("%C3", nil),
    ] as [(String, String?)])
  func `escapes are decoded or refused`(_ text: String, _ decoded: String?) { #expect(PercentDecoding.decode(text) == decoded) }

  @Test func `queries are pairs in order`() {
    let pairs = PercentDecoding.query("a=1&b&c=%20+&&a=2=3")
    #expect(pairs?.map(\.name) == ["a", "b", "c", "a"] && pairs?.map(\.value) == ["1", "", "  ", "2=3"])
    #expect(PercentDecoding.query("a=%") == nil)
  }
}

@Suite struct FailureLimiterTests {
  private let limiter = FailureLimiter(
    FailureLimiter.Terms(maxFailures: 3, window: .seconds(60), firstLockout: .seconds(60), longestLockout: .seconds(150)), capacity: 4)
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private func fail(_ name: String, _ count: Int, at now: NIODeadline) { for _ in 0..<count { limiter.failed(name, now: now) } }

  @Test func `too many failures lock out, each time longer, and nobody else`() {
    fail("a", 2, at: start)
    #expect(limiter.lockout(of: "a", now: start) == nil)
    fail("a", 1, at: start)
    #expect(limiter.lockout(of: "a", now: start) == .seconds(60) && limiter.lockout(of: "b", now: start) == nil)
    var now = start + .seconds(61)
    for expected in [TimeAmount.seconds(120), .seconds(150), .seconds(150)] {
      #expect(limiter.lockout(of: "a", now: now) == nil)
      fail("a", 3, at: now)
      #expect(limiter.lockout(of: "a", now: now) == expected)
      now = now + .seconds(151)
    }
  }

  @Test func `failures that are far apart do not add up, and lockouts are forgotten`() {
    for minute in 0..<10 { fail("a", 2, at: start + .seconds(61 * Int64(minute))) }
    #expect(limiter.lockout(of: "a", now: start + .seconds(600)) == nil)
    fail("b", 3, at: start)
    let later = start + .hours(1)
    fail("b", 3, at: later)
    #expect(limiter.lockout(of: "b", now: later) == .seconds(60))
  }

  @Test func `only so many names are remembered`() {
    fail("locked", 3, at: start)
    for number in 0..<100 { fail("other \(number)", 1, at: start) }
    #expect(limiter.lockout(of: "locked", now: start) == .seconds(60), "those that matter longest stay")
  }
}

@Suite struct KeptAnswerTests {
  private let kept = KeptAnswers()
  private let print = KeyDigest(of: Array("request".utf8))
  private let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private func isNew(_ finding: KeptAnswers.Finding) -> Bool { if case .new = finding { true } else { false } }

  @Test func `a request that is sent again gets the same answer for a while`() {
    #expect(isNew(kept.begin("a", print, now: now)))
    guard case .underWay = kept.begin("a", print, now: now) else {
      Issue.record("under way")
      return
    }
    guard case .other = kept.begin("a", KeyDigest(of: Array("other".utf8)), now: now) else {
      Issue.record("other")
      return
    }
    kept.finish("a", RESTAnswer(200, body: [1]), now: now)
    guard case .kept(let answer) = kept.begin("a", print, now: now) else {
      Issue.record("kept")
      return
    }
    #expect(answer.body == [1])
    #expect(isNew(kept.begin("a", print, now: now + Limits.REST.keptAnswerLifetime)))
  }

  @Test func `a failure of the gateway and an answer that is too large are not kept`() {
    for answer in [RESTAnswer(503), RESTAnswer(200, body: [UInt8](repeating: 0, count: Limits.REST.maxKeptAnswerBytes + 1))] {
      #expect(isNew(kept.begin("a", print, now: now)))
      kept.finish("a", answer, now: now)
    }
    #expect(isNew(kept.begin("a", print, now: now)))
  }

  @Test func `only so many are kept`() {
    for number in 0...Limits.REST.maxKeptAnswers {
      #expect(isNew(kept.begin("\(number)", print, now: now + .nanoseconds(Int64(number)))))
      kept.finish("\(number)", RESTAnswer(200), now: now + .nanoseconds(Int64(number)))
    }
    #expect(isNew(kept.begin("0", print, now: now)))
  }
}
