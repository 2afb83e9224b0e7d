import Egress
import JSON
import MCP
import NIOCore
import Testing

@testable import Host

/// Parts of the way to servers over HTTP that decide something without any HTTP.
@Suite struct RemotePartsTests {
  @Test(arguments: [
    (404, "", true, true),
    (410, "gone", true, true),
    (404, "", false, false),
    (404, "Could not find session", false, true),
    (400, "Bad Request: No valid session ID provided", true, true),
    (400, #"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}"#, true, true),
    (400, #"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}"#, true, true),
    (400, "SESSION EXPIRED", true, true),
    (409, "the session was terminated", true, true),
    (400, #"{"jsonrpc":"2.0","error":{"code":-32602,"message":"invalid session argument"},"id":1}"#, true, false),
    (400, "Bad Request", true, false),
    (401, "session expired", true, false),
    (403, "unknown session", true, false),
    (429, "session not found", true, false),
    (500, "session not found", true, false),
    (503, "", true, false),
  ])
  func `an HTTP error says that the session is lost, or does not`(status: Int, body: String, hasSession: Bool, expected: Bool) {
    let bytes = Array(body.utf8)
    #expect(SessionLoss.isSaid(status: status, body: bytes, error: Self.error(bytes), hasSession: hasSession) == expected)
  }

  private static func error(_ body: [UInt8]) -> RPCError? {
    guard let raw = try? RawJSON(validating: body), case .response(let response)? = try? Message(raw),
      case .error(let error) = response.outcome
    else { return nil }
    return error
  }

  @Test(arguments: [
    (-32001, "Session not found", true),
    (-32600, "Session not found", true),
    (-32000, "No valid session ID provided", true),
    (-32001, "Request timed out", false),
    (-32602, "Session not found", false),
    (-32603, "session not found", false),
    (-32600, "Invalid request", false),
  ])
  func `a JSON-RPC error says that the session is lost, or does not`(code: Int, message: String, expected: Bool) {
    #expect(SessionLoss.isSaid(by: RPCError(code: code, message: message)) == expected)
  }

  @Test(arguments: [
    (RemoteServer.Transport.automatic, UpstreamServer.EraPin.auto, [RemoteChannel.Kind.modern, .streamable, .events]),
    (.automatic, .legacy, [.streamable, .events]),
    (.automatic, .modern, [.modern]),
    (.streamable, .auto, [.modern, .streamable]),
    (.events, .auto, [.events]),
    (.events, .modern, []),
  ])
  func `transports are tried in order, within what is pinned`(
    transport: RemoteServer.Transport, pin: UpstreamServer.EraPin, expected: [RemoteChannel.Kind]
  ) {
    #expect(RemoteChannel.order(transport, pin) == expected)
  }

  @Test func `what a server spoke is remembered for that revision of its entry`() {
    let remembered = ServerMemory<RemoteChannel.Kind>()
    let server = UpstreamServer(configID: "c", name: "s", remote: RemoteServer(url: "http://x/"), revision: "1")
    let changed = UpstreamServer(configID: "c", name: "s", remote: RemoteServer(url: "http://y/"), revision: "2")
    remembered[server] = .events
    #expect(remembered[server] == .events && remembered[changed] == nil)
    remembered[server] = nil
    #expect(remembered[server] == nil)
  }

  // MARK: Resuming

  /// Whether the stream may be taken up again.
  private static func advance(_ place: inout ResumePlace, _ eventID: String, retryMilliseconds: Int? = 0) -> Bool {
    place.advance(to: eventID, retryMilliseconds: retryMilliseconds)
  }

  @Test func `a stream without event ids is not taken up again`() {
    var place = ResumePlace()
    let isResumable = Self.advance(&place, "")
    #expect(!isResumable)
  }

  @Test func `a stream is taken up at its last event, after the pause that the server asks for`() {
    var place = ResumePlace()
    let first = Self.advance(&place, "a", retryMilliseconds: 250)
    #expect(first && place.lastEventID == "a" && place.pause == .milliseconds(250))
    let second = Self.advance(&place, "b", retryMilliseconds: nil)
    #expect(second && place.lastEventID == "b" && place.pause == Limits.Upstream.firstStreamPause)
    let withoutEvents = Self.advance(&place, "", retryMilliseconds: .max)
    #expect(withoutEvents && place.lastEventID == "b" && place.pause == Limits.Upstream.maxStreamPause)
  }

  @Test func `attempts without a new event are counted`() {
    var place = ResumePlace()
    let attempts = (0...Limits.Upstream.maxResumptions).map { _ in Self.advance(&place, "a") }
    #expect(attempts.dropLast().allSatisfy { $0 } && attempts.last == false)
    let afterAnEvent = Self.advance(&place, "b")
    #expect(afterAnEvent)
  }

  // MARK: Failures

  @Test(arguments: [
    ("application/json", AnswerType.json), ("Application/JSON ; charset=utf-8", .json), ("text/event-stream;charset=utf-8", .events),
    ("application/json-seq", .other), ("text/html", .other), ("", .other),
  ])
  func `a media type is told apart`(header: String, expected: AnswerType) {
    #expect(AnswerType(header) == expected)
  }

  @Test func `nothing was sent when there was no connection`() {
    let failures: [EgressError] = [
      .cannotConnect(host: "h", reason: "refused"), .cannotResolve(host: "h"), .tls(host: "h", reason: "expired"), .timedOut(.connecting),
      .refusedAddress(host: "h", port: 1, address: "127.0.0.1", addressClass: .loopback),
    ]
    for failure in failures {
      guard case .unreachable = ExchangeFailure(failure) else {
        Issue.record("\(failure)")
        continue
      }
    }
    guard case .interrupted(answerBegun: false) = ExchangeFailure(.connectionLost(answerBegun: false)) else {
      Issue.record("a lost connection")
      return
    }
  }

  @Test func `the operator is told how to allow an address, and the caller is not`() {
    let error = ExchangeFailure(.refusedAddress(host: "h", port: 8, address: "10.0.0.1", addressClass: .privateNetwork)).error
    #expect(error.operatorText.contains(#"add "h:8" to egress.allow"#))
    #expect(error.publicText == "the server is not available")
  }

  @Test func `an end that is no failure leads to no pause`() {
    var state = PoolState<String, Int>(capacity: PoolCapacity())
    let server = UpstreamServer(configID: "c", name: "s", remote: RemoteServer(url: "http://x/"))
    let key = UpstreamKey(UpstreamTarget(principal: "p", session: nil, server: server))
    let now = NIODeadline.now()
    for round in 0..<5 {
      guard case .start(let child, nil) = state.admit(key, server: server, waiter: round, ticket: UInt64(round), now: now) else {
        Issue.record("round \(round): not started")
        return
      }
      let unwanted = state.didLaunch(child, "connection \(round)")
      let waiters = state.didStart(child, now: now)?.waiters
      let ended = state.didFail(child, .exited("ended the session"), countsAsFailure: false, now: now)
      #expect(unwanted == nil && waiters == [round] && ended?.remains?.connection == "connection \(round)")
    }
  }
}
