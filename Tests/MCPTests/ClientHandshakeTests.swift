import JSON
import MCP
import Testing

@Suite struct ClientHandshakeTests {
  private func handshake(capabilities: String? = nil) throws -> ClientHandshake {
    ClientHandshake(
      id: RequestID(0), clientInfo: Implementation(name: "gw", version: "1"), capabilities: try capabilities.map { try json($0) })
  }

  private func started() throws -> ClientHandshake {
    var handshake = try handshake()
    _ = handshake.start()
    return handshake
  }

  /// The message to send, or why there is none.
  private func sent(_ action: ClientHandshake.Action) -> String {
    switch action {
    case .send(let bytes): text(bytes)
    case .finish(let bytes, _): "finish " + text(bytes)
    case .fail(let failure): "fail: \(failure)"
    case .ignore: "ignore"
    }
  }

  @Test func `it begins with initialize, once`() throws {
    var handshake = try handshake(capabilities: "{\"roots\":\n{}}")
    #expect(
      sent(handshake.start())
        == #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"gw","version":"1"}}}"#
    )
    #expect(sent(handshake.start()) == "ignore")
  }

  @Test(arguments: Revision.legacy)
  func `any legacy revision opens the conversation`(revision: Revision) throws {
    var handshake = try started()
    let action = handshake.receive(
      try message(
        #"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"\#(revision.rawValue)","capabilities":{"tools":{},"x":1},"serverInfo":{"name":"s"},"instructions":"i"}}"#
      ))
    guard case .finish(let bytes, let greeting) = action else {
      Issue.record("not finished: \(sent(action))")
      return
    }
    #expect(text(bytes) == #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    #expect(greeting.revision == revision)
    #expect(greeting.serverInfo.map { text($0.bytes) } == #"{"name":"s"}"#)
    #expect(greeting.instructions == "i")
    #expect(greeting.offers("tools"))
    #expect(!greeting.offers("prompts"))
    #expect(!greeting.offers("x"))
  }

  @Test func `a server that says little is good enough`() throws {
    var handshake = try started()
    guard
      case .finish(_, let greeting) = handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2024-11-05"}}"#))
    else {
      Issue.record("not finished")
      return
    }
    #expect(greeting.serverInfo == nil)
    #expect(!greeting.offers("tools"))
  }

  @Test(arguments: [
    (#""result":{"protocolVersion":"2026-07-28"}"#, #"unknown protocol version "2026-07-28""#),
    (#""result":{"protocolVersion":"1.0\n"}"#, #"unknown protocol version "1.0\n""#),
    (#""result":{"protocolVersion":1}"#, "without a protocol version"), (#""result":{}"#, "without a protocol version"),
    (#""error":{"code":-32602,"message":"secret"}"#, "refused initialize with code -32602"),
  ])
  func `an error or an unknown revision ends it`(outcome: String, reason: String) throws {
    var handshake = try started()
    let action = sent(handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,\#(outcome)}"#)))
    #expect(action.hasPrefix("fail: "))
    #expect(action.contains(reason))
    #expect(!action.contains("secret"))
    #expect(sent(handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#))) == "ignore")
  }

  @Test func `a long version is quoted in part`() throws {
    var handshake = try started()
    let version = String(repeating: "v", count: 10_000)
    #expect(sent(handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"\#(version)"}}"#))).utf8.count < 200)
  }

  @Test(arguments: [
    (#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#, "ignore"),
    (#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"}}"#, "ignore"),
    (#"{"jsonrpc":"2.0","id":"0","result":{"protocolVersion":"2025-11-25"}}"#, "ignore"),
    (#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#, "ignore"),
    (#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":0,"result":{}}"#),
    (
      #"{"jsonrpc":"2.0","id":"r","method":"roots/list"}"#,
      #"{"jsonrpc":"2.0","id":"r","error":{"code":-32601,"message":"not available before initialization"}}"#
    ),
  ])
  func `what else arrives meanwhile does not end it`(source: String, expected: String) throws {
    var handshake = try started()
    #expect(sent(handshake.receive(try message(source))) == expected)
    #expect(
      sent(handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#))).hasPrefix("finish"))
  }

  @Test func `nothing counts before it began`() throws {
    var handshake = try handshake()
    #expect(sent(handshake.receive(try message(#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#))) == "ignore")
  }
}

@Suite struct ListCollectorTests {
  private func step(_ collector: inout ListCollector, _ page: String) throws -> String {
    switch try collector.receive(json(page)) {
    case .request(let params): text(params)
    case .done(let ending): "\(ending)"
    }
  }

  @Test func `pages are followed to the end and kept in order`() throws {
    var collector = ListCollector(member: "tools")
    #expect(try step(&collector, #"{"tools":[{"name":"a"},1],"nextCursor":"x\u0022\n"}"#) == #"{"cursor":"x\u0022\n"}"#)
    #expect(try step(&collector, #"{"tools":[],"nextCursor":"y"}"#) == #"{"cursor":"y"}"#)
    #expect(try step(&collector, #"{"tools":[{"name":"b"}]}"#) == "complete")
    #expect(collector.items.map { text($0.bytes) } == [#"{"name":"a"}"#, "1", #"{"name":"b"}"#])
  }

  @Test(
    arguments: [
      (["5000", "70", "90"], 70), (["\"70\"", "-1", "1e400"], nil), (["0"], 0), (["7", "null"], 7),
    ] as [([String], Int?)])
  func `the shortest freshness of the pages counts`(ttls: [String], expected: Int?) throws {
    var collector = ListCollector(member: "tools")
    for (index, ttl) in ttls.enumerated() { _ = try step(&collector, #"{"tools":[],"nextCursor":"\#(index)","ttlMs":\#(ttl)}"#) }
    #expect(collector.freshMilliseconds == expected)
  }

  @Test(arguments: [#"{"tools":[]}"#, #"{"tools":[],"nextCursor":null}"#, #"{"tools":[],"nextCursor":""}"#])
  func `no cursor ends the list`(page: String) throws {
    var collector = ListCollector(member: "tools")
    #expect(try step(&collector, page) == "complete")
  }

  @Test func `a cursor that comes again ends the list with what there is`() throws {
    var collector = ListCollector(member: "tools")
    _ = try step(&collector, #"{"tools":[1],"nextCursor":"a"}"#)
    _ = try step(&collector, #"{"tools":[2],"nextCursor":"b"}"#)
    #expect(try step(&collector, #"{"tools":[3],"nextCursor":"\u0061"}"#) == "cursorRepeated")
    #expect(collector.items.count == 3)
  }

  @Test func `an endless list is cut`() throws {
    var collector = ListCollector(member: "tools", maxPages: 3)
    _ = try step(&collector, #"{"tools":[1],"nextCursor":"1"}"#)
    _ = try step(&collector, #"{"tools":[2],"nextCursor":"2"}"#)
    #expect(try step(&collector, #"{"tools":[3],"nextCursor":"3"}"#) == "pageCap")
    #expect(collector.items.count == 3)
  }

  @Test func `pages together are only so large`() throws {
    let page = #"{"tools":["0123456789"],"nextCursor":"1"}"#
    var collector = ListCollector(member: "tools", maxBytes: page.utf8.count * 2 - 1)
    _ = try step(&collector, page)
    #expect(throws: ListCollector.Failure.tooLarge(limit: page.utf8.count * 2 - 1)) { try step(&collector, page) }
    #expect(collector.items.count == 1)
  }

  @Test(arguments: ["{}", #"{"tools":{}}"#, #"{"tools":null}"#, #"{"prompts":[]}"#, #"{"tools":[],"nextCursor":1}"#])
  func `a malformed page is refused`(page: String) throws {
    var collector = ListCollector(member: "tools")
    #expect(throws: ListCollector.Failure.self) { try step(&collector, page) }
  }
}
