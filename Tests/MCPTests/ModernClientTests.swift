import JSON
import Testing

@testable import MCP

/// What a client of 2026-07-28 sends and learns.
@Suite struct ModernClientTests {
  private static func json(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

  @Test(arguments: ["", "plain", "with space", "Köln", " edge", "edge\t", "a\nb", "=?base64?eA==?=", "=?base64?", "\u{0}", "é\u{301}"])
  func `an encoded header value stands for the same text`(text: String) throws {
    let value = HeaderText.encode(text)
    #expect(value.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(HeaderText.decode(value).map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test func `what survives a header field is not encoded`() {
    #expect(HeaderText.encode("file:///a b?c=d") == "file:///a b?c=d")
    #expect(HeaderText.encode("ö") == "=?base64?w7Y=?=")
  }

  @Test func `the envelope replaces what another hop wrote, and nothing else`() throws {
    let params = try Self.json(
      #"{"name":"t","arguments":{"big":12345678901234567890},"_meta":{"progressToken":7,"io.modelcontextprotocol/protocolVersion":"x","vendor/a":[1.0]}}"#
    )
    let made = ModernParams(clientInfo: Implementation(name: "gateway", version: "1")).enveloping(params, logLevel: .warning)
    let result = try RawJSON(validating: made)
    #expect(
      String(decoding: result.bytes, as: UTF8.self)
        == #"{"name":"t","arguments":{"big":12345678901234567890},"_meta":{"progressToken":7,"vendor/a":[1.0],"#
        + #""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"gateway","version":"1"},"#
        + #""io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"warning"}}"#)
  }

  @Test func `our own check finds nothing wrong with what we send`() throws {
    let params = try Self.json(#"{"name":"größe","arguments":{}}"#)
    let body = ModernParams(clientInfo: Implementation(name: "gateway", version: "1")).enveloping(params)
    let request = Request(id: RequestID(1), method: "tools/call", params: try RawJSON(validating: body))
    let headers = RoutingHeaders(RoutingHeaders.fields(method: "tools/call", params: params))
    #expect(try ModernEnvelope(request, headers: headers).clientInfo?["name"]?.stringValue == "gateway")
  }

  // MARK: Annotated parameters

  private static func schema(_ properties: String) throws -> RawJSON { try json(#"{"type":"object","properties":{\#(properties)}}"#) }

  @Test func `annotated arguments become headers`() throws {
    let headers = try ParameterHeaders(
      inputSchema: Self.schema(
        #"""
        "a":{"type":"string","x-mcp-header":"A"},"n":{"type":"integer","x-mcp-header":"N-1"},"b":{"type":"boolean","x-mcp-header":"b"},
        "o":{"type":"object","properties":{"deep":{"type":"string","x-mcp-header":"Deep"}}},"plain":{"type":"string"}
        """#))
    let arguments = try Self.json(#"{"a":"x","n":1e2,"b":false,"o":{"deep":"ö"},"plain":"y"}"#)
    let fields = headers.fields(for: arguments).map { "\($0.name): \($0.value)" }
    #expect(fields == ["Mcp-Param-A: x", "Mcp-Param-N-1: 1e2", "Mcp-Param-b: false", "Mcp-Param-Deep: =?base64?w7Y=?="])
    #expect(headers.fields(for: try Self.json(#"{"a":null,"n":[1],"o":3}"#)).isEmpty)
    #expect(headers.fields(for: nil).isEmpty)
  }

  @Test(
    arguments: [
      (#"{"n":42,"a":"x"}"#, ["Mcp-Param-N": "42", "mcp-param-a": "x"], nil),
      (#"{"n":42}"#, ["Mcp-Param-N": "42.0"], nil), (#"{"n":1.0}"#, ["Mcp-Param-N": "1"], nil), (#"{"n":-0}"#, ["Mcp-Param-N": "0"], nil),
      (#"{"n":12345678901234567890}"#, ["Mcp-Param-N": "12345678901234567890"], nil),
      (#"{"n":12345678901234567890}"#, ["Mcp-Param-N": "12345678901234567891"], "does not match"),
      (#"{"n":42}"#, ["Mcp-Param-N": "42.5"], "does not match"), (#"{"n":42}"#, ["Mcp-Param-N": ""], "does not match"),
      (#"{"n":42}"#, ["Mcp-Param-N": "-42"], "does not match"), (#"{"n":42}"#, [:], "is missing"),
      (#"{"n":null}"#, [:], nil), (#"{}"#, ["Mcp-Param-Other": "1"], nil), (#"{}"#, ["Mcp-Param-N": "1"], "not there"),
      (#"{"n":null}"#, ["Mcp-Param-N": "null"], "not there"),
      (#"{"b":true}"#, ["Mcp-Param-B": "true"], nil), (#"{"b":true}"#, ["Mcp-Param-B": "True"], "does not match"),
      (#"{"a":"ö"}"#, ["Mcp-Param-A": "=?base64?w7Y=?="], nil), (#"{"a":"ö"}"#, ["Mcp-Param-A": "=?base64?w7Z=?="], "not well-formed"),
      (#"{"a":"x"}"#, ["Mcp-Param-A": "X"], "does not match"), (#"{"a":"1.0"}"#, ["Mcp-Param-A": "1"], "does not match"),
    ] as [(String, [String: String], String?)])
  func `headers have to say what the arguments say`(arguments: String, fields: [String: String], reason: String?) throws {
    let headers = try ParameterHeaders(
      inputSchema: Self.schema(
        #""a":{"type":"string","x-mcp-header":"A"},"n":{"type":"integer","x-mcp-header":"N"},"b":{"type":"boolean","x-mcp-header":"B"}"#))
    let error = headers.disagreement(of: fields.map { ($0.key, $0.value) }, with: try Self.json(arguments))
    #expect((error == nil) == (reason == nil))
    if let error, let reason { #expect(error.code == ErrorCode.headerMismatch && error.message.contains(reason)) }
  }

  @Test func `a header that comes twice agrees with nothing`() throws {
    let headers = try ParameterHeaders(inputSchema: Self.schema(#""a":{"type":"string","x-mcp-header":"A"}"#))
    let error = headers.disagreement(of: [("Mcp-Param-A", "x"), ("mcp-param-a", "x")], with: try Self.json(#"{"a":"x"}"#))
    #expect(error?.code == ErrorCode.headerMismatch)
  }

  @Test(arguments: [
    (#""a":{"type":"string","x-mcp-header":""}"#, ParameterHeaders.Invalid.notAToken),
    (#""a":{"type":"string","x-mcp-header":"a b"}"#, .notAToken),
    (#""a":{"type":"string","x-mcp-header":"ä"}"#, .notAToken),
    (#""a":{"type":"string","x-mcp-header":7}"#, .notAToken),
    (#""a":{"type":"number","x-mcp-header":"A"}"#, .typeNotAllowed),
    (#""a":{"type":["string"],"x-mcp-header":"A"}"#, .typeNotAllowed),
    (#""a":{"x-mcp-header":"A"}"#, .typeNotAllowed),
    (#""a":{"type":"object","x-mcp-header":"A"}"#, .typeNotAllowed),
    (#""a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}"#, .duplicate),
    (#""a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}"#, .misplaced),
    (#""a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}"#, .misplaced),
    (#""a":{"items":{"properties":{"b":{"type":"string","x-mcp-header":"A"}}}}"#, .misplaced),
  ])
  func `an annotation that cannot be followed is invalid`(properties: String, reason: ParameterHeaders.Invalid) throws {
    #expect(throws: reason) { try ParameterHeaders(inputSchema: Self.schema(properties)) }
  }

  @Test func `an annotation in the root or in definitions is misplaced, and one in data is none`() throws {
    #expect(throws: ParameterHeaders.Invalid.misplaced) {
      try ParameterHeaders(inputSchema: Self.json(#"{"type":"string","x-mcp-header":"A"}"#))
    }
    #expect(throws: ParameterHeaders.Invalid.misplaced) {
      try ParameterHeaders(inputSchema: Self.json(#"{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#))
    }
    #expect(try ParameterHeaders(inputSchema: Self.schema(#""a":{"type":"object","default":{"x-mcp-header":""}}"#)).isEmpty)
  }

  @Test func `tools with invalid annotations are taken out of a list, the others stay as they are`() throws {
    let list = try Self.json(
      #"""
      {"tools":[{"name":"good","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}},"x":1.0},
       {"name":"bad","inputSchema":{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}}],"nextCursor":"c"}
      """#)
    var headers = ToolHeaders()
    let (result, dropped) = try headers.take(list)
    #expect(dropped == ["bad"])
    #expect(result["tools"]?.elements.map { $0["name"]?.stringValue } == ["good"])
    #expect(result["nextCursor"]?.stringValue == "c")
    #expect(headers.knows("good") && !headers.knows("bad"))
    #expect(headers.fields(for: "good", arguments: try Self.json(#"{"a":"v"}"#)).map(\.value) == ["v"])
  }

  // MARK: Discovery

  @Test(arguments: [
    (#"{"code":-32022,"message":"","data":{"supported":["2025-11-25"],"requested":"2026-07-28"}}"#, "legacy"),
    (#"{"code":-32022,"message":"","data":{"supported":["2099-01-01","2025-06-18"]}}"#, "legacy"),
    (#"{"code":-32022,"message":"","data":{"supported":["2099-01-01"]}}"#, "incompatible"),
    (#"{"code":-32022,"message":"","data":{"supported":[]}}"#, "incompatible"),
    (#"{"code":-32022,"message":""}"#, "legacy"),
    (#"{"code":-32601,"message":""}"#, "legacy"),
    (#"{"code":-32020,"message":""}"#, "legacy"),
    (#"{"code":0,"message":""}"#, "legacy"),
  ])
  func `an error says which era is left`(error: String, expected: String) throws {
    let message = try Message(Self.json(#"{"jsonrpc":"2.0","id":1,"error":\#(error)}"#))
    guard case .response(let response) = message else {
      Issue.record("no response")
      return
    }
    #expect("\(DiscoverVerdict(response.outcome))" == expected)
  }

  @Test func `a result that offers 2026-07-28 is a greeting`() throws {
    let result = try Self.json(
      #"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}}}"#
    )
    guard case .modern(let greeting) = DiscoverVerdict(.result(result)) else {
      Issue.record("not modern")
      return
    }
    #expect(greeting.revision == .v2026_07_28 && greeting.offers("tools"))
    #expect(greeting.serverInfo?["name"]?.stringValue == "s")
    #expect(greeting.raw["protocolVersion"]?.stringValue == "2026-07-28")
  }

  @Test(arguments: [#"{"supportedVersions":["2025-11-25"]}"#, #"{"supportedVersions":"2026-07-28"}"#, "{}", #"{"tools":[]}"#])
  func `any other result is no evidence`(result: String) throws {
    guard case .legacy = DiscoverVerdict(.result(try Self.json(result))) else {
      Issue.record("not legacy")
      return
    }
  }
}
