import JSON
import MCP
import Testing

/// Which era a server speaks over standard input and output.
@Suite struct StdioOpeningTests {
  private static let discovered = #"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}"#
  private static let hello = #"{"protocolVersion":"2025-06-18","capabilities":{}}"#
  private static let modernOnly = #"{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}"#

  private func opening(_ plan: StdioOpening.Plan) -> StdioOpening {
    StdioOpening(plan, clientInfo: Implementation(name: "g", version: "1"))
  }

  private func message(_ text: String) throws -> Message { try Message(RawJSON(validating: Array(text.utf8))) }

  private func result(_ id: String, _ result: String) throws -> Message {
    try message(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#)
  }

  private func error(_ id: String, _ error: String) throws -> Message { try message(#"{"jsonrpc":"2.0","id":\#(id),"error":\#(error)}"#) }

  /// What an action means, in a word.
  private func word(_ action: StdioOpening.Action) throws -> String {
    switch action {
    case .ignore: return "nothing"
    case .fail(let failure): return "fail: \(failure)"
    case .open(let greeting, let sending): return "open \(greeting.revision.rawValue)\(sending == nil ? "" : " initialized")"
    case .send(let bytes):
      switch try Message(RawJSON(validating: bytes)) {
      case .request(let request): return "\(request.method) \(String(decoding: request.id.encoded(), as: UTF8.self))"
      case .notification(let notification): return notification.method
      case .response(let response): if case .error(let error) = response.outcome { return "error \(error.code)" } else { return "result" }
      }
    }
  }

  @Test func `the question comes first and names its sender`() throws {
    var opening = opening(.discover)
    guard case .send(let bytes) = opening.start() else { throw TestFailure() }
    let question = try RawJSON(validating: bytes)
    #expect(question["method"]?.stringValue == "server/discover")
    #expect(question["params"]?["_meta"]?[MetaKey.protocolVersion]?.stringValue == "2026-07-28")
    #expect(question["params"]?["_meta"]?[MetaKey.clientInfo]?["name"]?.stringValue == "g")
    #expect(opening.isAsking)
    #expect(try word(opening.start()) == "nothing")
    #expect(try word(opening.receive(try result("0", Self.discovered))) == "open 2026-07-28")
    #expect(!opening.isAsking)
  }

  @Test(arguments: ["-32601", "-32602", "-32600", "-32700", "-32000", "0", "1"])
  func `any error leads to initialize`(code: String) throws {
    var opening = opening(.discover)
    _ = opening.start()
    #expect(try word(opening.receive(try error("0", #"{"code":\#(code),"message":"no"}"#))) == "initialize 1")
    #expect(try word(opening.receive(try result("1", Self.hello))) == "open 2025-06-18 initialized")
  }

  @Test(arguments: [
    "{}", #"{"supportedVersions":["2025-06-18"]}"#, #"{"supportedVersions":"2026-07-28"}"#, #"{"protocolVersion":"2026-07-28"}"#,
  ])
  func `so does a result that is not one of this question`(text: String) throws {
    var opening = opening(.discover)
    _ = opening.start()
    #expect(try word(opening.receive(try result("0", text))) == "initialize 1")
  }

  @Test func `an error that knows no id is the answer`() throws {
    var opening = opening(.discover)
    _ = opening.start()
    #expect(try word(opening.receive(try error("null", #"{"code":-32700,"message":"no"}"#))) == "initialize 1")
  }

  @Test func `what is neither is answered or let be`() throws {
    var opening = opening(.discover)
    _ = opening.start()
    #expect(try word(opening.receive(try message(#"{"jsonrpc":"2.0","method":"notifications/message"}"#))) == "nothing")
    #expect(try word(opening.receive(try message(#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#))) == "result")
    #expect(try word(opening.receive(try message(#"{"jsonrpc":"2.0","id":5,"method":"roots/list"}"#))) == "error -32601")
    #expect(try word(opening.receive(try result("7", Self.discovered))) == "nothing")
    #expect(opening.isAsking)
  }

  @Test func `silence leads to initialize and a late answer is dropped`() throws {
    var opening = opening(.discover)
    _ = opening.start()
    #expect(try word(opening.giveUpAsking()) == "initialize 1")
    #expect(try word(opening.giveUpAsking()) == "nothing")
    #expect(try word(opening.receive(try error("0", #"{"code":-32601,"message":"no"}"#))) == "nothing")
    #expect(try word(opening.receive(try result("0", Self.discovered))) == "nothing")
    #expect(try word(opening.receive(try result("1", Self.hello))) == "open 2025-06-18 initialized")
    #expect(try word(opening.receive(try result("0", Self.discovered))) == "nothing")
  }

  @Test func `a late answer counts when initialize is refused, before or after`() throws {
    var early = opening(.discover)
    _ = (early.start(), early.giveUpAsking())
    _ = early.receive(try result("0", Self.discovered))
    #expect(try word(early.receive(try error("1", #"{"code":-32601,"message":"no"}"#))) == "open 2026-07-28")
    var late = opening(.discover)
    _ = (late.start(), late.giveUpAsking())
    #expect(try word(late.receive(try error("1", Self.modernOnly))) == "nothing")
    #expect(try word(late.receive(try result("1", Self.hello))) == "nothing")
    #expect(try word(late.receive(try result("0", Self.discovered))) == "open 2026-07-28")
  }

  @Test func `a server that refuses both is none`() throws {
    var opening = opening(.discover)
    _ = (opening.start(), opening.giveUpAsking())
    _ = opening.receive(try error("1", Self.modernOnly))
    #expect(
      try word(opening.receive(try error("0", #"{"code":-32601,"message":"no"}"#)))
        == "fail: the server refused initialize with code -32022")
    #expect(try word(opening.receive(try result("0", Self.discovered))) == "nothing")
  }

  @Test func `revisions that nobody here speaks end it`() throws {
    var opening = opening(.discover)
    _ = opening.start()
    let answer = try error("0", #"{"code":-32022,"message":"no","data":{"supported":["2099-01-01"]}}"#)
    #expect(try word(opening.receive(answer)) == "fail: it speaks no revision of MCP that the gateway speaks")
  }

  @Test func `a plan spares the question or the answer`() throws {
    var legacy = opening(.legacy)
    #expect(try word(legacy.start()) == "initialize 1")
    #expect(!legacy.isAsking)
    #expect(try word(legacy.receive(try error("1", Self.modernOnly))) == "fail: the server refused initialize with code -32022")
    var modern = opening(.modern)
    #expect(try word(modern.start()) == "server/discover 0")
    #expect(!modern.isAsking)
    #expect(try word(modern.giveUpAsking()) == "nothing")
    #expect(try word(modern.receive(try error("0", #"{"code":-32601,"message":"no"}"#))) == "fail: it does not speak 2026-07-28")
  }
}

private struct TestFailure: Error {}
