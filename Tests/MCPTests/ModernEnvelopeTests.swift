import JSON
import MCP
import Testing

/// What a client posts, right and wrong: bodies, and headers as pairs of name and value.
private enum Post {
  static let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
  static let capabilities = #""io.modelcontextprotocol/clientCapabilities":{}"#
  static let meta = "{\(version),\(capabilities)}"

  static func request(_ method: String = "tools/list", meta: String?, name: String? = nil) -> String {
    let members = [meta.map { #""_meta":\#($0)"# }, name].compactMap { $0 }.joined(separator: ",")
    return #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(members)}}"#
  }

  static func headers(version: String? = "2026-07-28", method: String? = "tools/list", name: String? = nil) -> [[String]] {
    [version.map { ["MCP-Protocol-Version", $0] }, method.map { ["Mcp-Method", $0] }, name.map { ["Mcp-Name", $0] }].compactMap { $0 }
  }

  static let failures: [(String, [[String]]?, Int)] = [
    // _meta
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, headers(), ErrorCode.invalidParams),
    (request(meta: nil), headers(), ErrorCode.invalidParams),
    (request(meta: "1"), headers(), ErrorCode.invalidParams),
    (request(meta: "{\(version)}"), headers(), ErrorCode.invalidParams),
    (request(meta: "{\(capabilities)}"), headers(), ErrorCode.invalidParams),
    (request(meta: #"{\#(version),"io.modelcontextprotocol/clientCapabilities":null}"#), headers(), ErrorCode.invalidParams),
    (request(meta: #"{"io.modelcontextprotocol/protocolVersion":1,\#(capabilities)}"#), nil, ErrorCode.invalidParams),
    (request(meta: #"{\#(version),\#(capabilities),"io.modelcontextprotocol/clientInfo":"x"}"#), headers(), ErrorCode.invalidParams),
    (request(meta: #"{\#(version),\#(capabilities),"io.modelcontextprotocol/logLevel":"loud"}"#), headers(), ErrorCode.invalidParams),
    (request(meta: #"{\#(version),\#(capabilities),"io.modelcontextprotocol/logLevel":1}"#), headers(), ErrorCode.invalidParams),
    (request(meta: #"{\#(version),\#(capabilities),"progressToken":1.5}"#), headers(), ErrorCode.invalidParams),
    // headers
    (request(meta: meta), [], ErrorCode.headerMismatch),
    (request(meta: meta), headers(version: nil), ErrorCode.headerMismatch),
    (request(meta: meta), headers(version: "2025-11-25"), ErrorCode.headerMismatch),
    (request(meta: #"{"io.modelcontextprotocol/protocolVersion":1,\#(capabilities)}"#), headers(), ErrorCode.headerMismatch),
    (request(meta: meta), headers(method: nil), ErrorCode.headerMismatch),
    (request(meta: meta), headers(method: "tools/call"), ErrorCode.headerMismatch),
    (request(meta: meta), headers(method: "Tools/List"), ErrorCode.headerMismatch),
    (request("tools/call", meta: meta, name: #""name":"a""#), headers(method: "tools/call"), ErrorCode.headerMismatch),
    (request("tools/call", meta: meta, name: #""name":"a""#), headers(method: "tools/call", name: "A"), ErrorCode.headerMismatch),
    (request("tools/call", meta: meta, name: #""name":"é""#), headers(method: "tools/call", name: "e\u{301}"), ErrorCode.headerMismatch),
    (
      request("tools/call", meta: meta, name: #""name":"a""#), headers(method: "tools/call", name: "=?base64?Y?="), ErrorCode.headerMismatch
    ),
    (request("prompts/get", meta: meta, name: #""name":"a""#), headers(method: "prompts/get", name: "b"), ErrorCode.headerMismatch),
    (request("resources/read", meta: meta, name: #""uri":"a""#), headers(method: "resources/read"), ErrorCode.headerMismatch),
    (request(meta: meta), headers() + [["mcp-method", "tools/list"]], ErrorCode.headerMismatch),
    (request(meta: meta), headers(name: "x") + [["MCP-NAME", "x"]], ErrorCode.headerMismatch),
    (request(meta: meta), headers() + [["mcp-protocol-version", "2026-07-28"]], ErrorCode.headerMismatch),
    // version
    (
      request(meta: #"{"io.modelcontextprotocol/protocolVersion":"2030-01-01",\#(capabilities)}"#), headers(version: "2030-01-01"),
      ErrorCode.unsupportedVersion
    ),
    (
      request(meta: #"{"io.modelcontextprotocol/protocolVersion":"2025-11-25",\#(capabilities)}"#), headers(version: "2025-11-25"),
      ErrorCode.unsupportedVersion
    ),
    (request(meta: #"{"io.modelcontextprotocol/protocolVersion":"",\#(capabilities)}"#), nil, ErrorCode.unsupportedVersion),
    // other messages
    (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, headers(), ErrorCode.invalidRequest),
    (#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, headers(version: nil), ErrorCode.unsupportedVersion),
    (#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, headers(version: "2025-11-25"), ErrorCode.unsupportedVersion),
    (#"{"jsonrpc":"2.0","method":"x"}"#, headers() + [["mcp-method", "x"]], ErrorCode.headerMismatch),
  ]
}

@Suite struct ModernEnvelopeTests {
  private func check(_ body: String, _ headers: [[String]]?) throws -> ModernEnvelope? {
    try ModernEnvelope.check(message(body), headers: headers.map { RoutingHeaders($0.map { (name: $0[0], value: $0[1]) }) })
  }

  @Test func `a complete request passes and says who asks`() throws {
    let meta = """
      {\(Post.version),"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},\
      "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/logLevel":"warning","progressToken":"p","other":1}
      """
    let envelope = try #require(try check(Post.request(meta: meta), Post.headers()))
    #expect(envelope.revision == .v2026_07_28)
    #expect(text(envelope.clientCapabilities.bytes) == #"{"elicitation":{}}"#)
    #expect(envelope.clientInfo.map { text($0.bytes) } == #"{"name":"c","version":"1"}"#)
    #expect(envelope.logLevel == .warning)
    #expect(envelope.progressToken == .string("p"))
  }

  @Test(arguments: [
    (Post.request(meta: Post.meta), Post.headers()),
    (
      Post.request(meta: Post.meta),
      [["mcp-protocol-version", " 2026-07-28\t"], ["MCP-METHOD", "tools/list"], ["mcp-param-x", "1"], ["Mcp-Param-x", "1"]]
    ),
    (Post.request("tools/call", meta: Post.meta, name: #""name":"a""#), Post.headers(method: "tools/call", name: "a")),
    (Post.request("tools/call", meta: Post.meta, name: #""name":"é ""#), Post.headers(method: "tools/call", name: "=?base64?w6kg?=")),
    (
      Post.request("tools/call", meta: Post.meta, name: #""name":"=?base64?w6kg?=""#),
      Post.headers(method: "tools/call", name: "=?base64?PT9iYXNlNjQ/dzZrZz89?=")
    ),
    (Post.request("prompts/get", meta: Post.meta, name: #""name":"p""#), Post.headers(method: "prompts/get", name: "p")),
    (
      Post.request("resources/read", meta: Post.meta, name: #""uri":"file:///x""#),
      Post.headers(method: "resources/read", name: "file:///x")
    ),
    // Nothing to repeat: the method itself refuses it.
    (Post.request("tools/call", meta: Post.meta), Post.headers(method: "tools/call")),
    (Post.request("tools/call", meta: Post.meta, name: #""name":1"#), Post.headers(method: "tools/call")),
    // Mcp-Name means nothing to other methods.
    (Post.request(meta: Post.meta, name: #""name":"a""#), Post.headers(name: "b")),
    // No headers on stdio.
    (Post.request(meta: Post.meta), nil),
  ])
  func `headers that agree with the body pass`(body: String, headers: [[String]]?) throws {
    #expect(try check(body, headers) != nil)
  }

  @Test(arguments: Post.failures)
  func `each failure has its code, and status 400`(body: String, headers: [[String]]?, code: Int) throws {
    let failure = try #require(throws: ModernEnvelope.Failure.self) { try check(body, headers) }
    #expect(failure.error.code == code)
    #expect(failure.httpStatus == 400)
  }

  /// Each step repairs the failure that is reported first; the next one then shows.
  @Test func `failures are reported in the order of the specification`() throws {
    let otherVersion = #""io.modelcontextprotocol/protocolVersion":"2030-01-01""#
    let badLevel = #""io.modelcontextprotocol/logLevel":"loud""#
    let badEverything = Post.headers(version: "1999-01-01", method: "x", name: "x") + [["mcp-name", "x"]]
    func call(_ meta: String?) -> String { Post.request("tools/call", meta: meta, name: #""name":"a""#) }
    let steps: [(String, [[String]], String)] = [
      (call(nil), badEverything, "mcp-name header appears more than once"),
      (call(nil), Post.headers(version: "1999-01-01", method: "x", name: "x"), "_meta must be an object"),
      (call("{\(badLevel)}"), Post.headers(version: "1999-01-01", method: "x", name: "x"), "lacks io.modelcontextprotocol/protocolVersion"),
      (call("{\(otherVersion),\(badLevel)}"), Post.headers(version: "x", method: "x"), "lacks io.modelcontextprotocol/clientCapabilities"),
      (call("{\(otherVersion),\(Post.capabilities),\(badLevel)}"), Post.headers(version: "x", method: "x"), "MCP-Protocol-Version"),
      (call("{\(otherVersion),\(Post.capabilities),\(badLevel)}"), Post.headers(version: "2030-01-01", method: "x"), "Mcp-Method"),
      (call("{\(otherVersion),\(Post.capabilities),\(badLevel)}"), Post.headers(version: "2030-01-01", method: "tools/call"), "Mcp-Name"),
      (
        call("{\(otherVersion),\(Post.capabilities),\(badLevel)}"), Post.headers(version: "2030-01-01", method: "tools/call", name: "a"),
        "unsupported protocol version"
      ),
      (call("{\(Post.version),\(Post.capabilities),\(badLevel)}"), Post.headers(method: "tools/call", name: "a"), "logLevel"),
    ]
    for (body, headers, expected) in steps {
      let failure = try #require(throws: ModernEnvelope.Failure.self) { try check(body, headers) }
      #expect(failure.error.message.contains(expected))
    }
  }

  @Test func `an unsupported version is answered with those that are supported`() throws {
    let body = Post.request(meta: #"{"io.modelcontextprotocol/protocolVersion":"2030-01-01",\#(Post.capabilities)}"#)
    let failure = try #require(throws: ModernEnvelope.Failure.self) { try check(body, Post.headers(version: "2030-01-01")) }
    #expect(failure.error.data.map { text($0.bytes) } == #"{"supported":["2026-07-28"],"requested":"2030-01-01"}"#)
  }

  @Test func `a notification needs no _meta`() throws {
    #expect(try check(#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, Post.headers(method: nil)) == nil)
    #expect(try check(#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, nil) == nil)
  }

  @Test(arguments: [
    (ErrorCode.parseError, 400), (ErrorCode.invalidRequest, 400), (ErrorCode.invalidParams, 400), (ErrorCode.headerMismatch, 400),
    (ErrorCode.missingCapability, 400), (ErrorCode.unsupportedVersion, 400), (ErrorCode.methodNotFound, 404),
    (ErrorCode.internalError, 200),
    (-1, 200),
  ])
  func `an error code has its HTTP status`(code: Int, status: Int) {
    #expect(RPCError(code: code, message: "").modernHTTPStatus == status)
  }
}

@Suite struct HeaderTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("=?base64??=", ""), ("=?base64?YQ==?=", "a"), ("=?base64?YWI=?=", "ab"), ("=?base64?YWJj?=", "abc"),
    ("=?base64?8J+Zgg==?=", "🙂"), ("=?base64?Pz8/?=", "???"), ("=?base64?YQ==", "=?base64?YQ=="), ("=?BASE64?YQ==?=", "=?BASE64?YQ==?="),
    ("=?base64?=", "=?base64?="), ("?=", "?="),
  ])
  func `a value stands for a text`(value: String, expected: String) {
    #expect(HeaderText.decode(value) == expected)
  }

  @Test(arguments: ["YQ", "YQ=", "YQ===", "Y", "YR==", "YWJ=", "Y Q=", "YQ==YQ==", "====", "=", "/w==", "wA==", "Y_==", "YQ==\n", "Yé=="])
  func `base64 that is not canonical, or not of UTF-8, stands for nothing`(payload: String) {
    #expect(HeaderText.decode("=?base64?\(payload)?=") == nil)
  }
}

private enum Body {
  static let modern =
    #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"x"}}}"#
  static let plain = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"progressToken":1}}}"#
  static let initialize = #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2026-07-28"}}"#
  static let notification = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
  static let response = #"{"jsonrpc":"2.0","id":1,"result":{}}"#
}

@Suite struct EraDecisionTests {
  @Test(arguments: [
    (nil, Body.modern, EraDecision.modern), ("2026-07-28", Body.modern, .modern), ("2025-11-25", Body.modern, .modern),
    ("2030-01-01", Body.modern, .modern),
    (nil, Body.plain, .legacy(header: nil)), ("2026-07-28", Body.plain, .modern), ("2025-06-18", Body.plain, .legacy(header: .v2025_06_18)),
    ("2030-01-01", Body.plain, .unknownVersion("2030-01-01")), ("", Body.plain, .unknownVersion("")),
    (nil, Body.initialize, .legacy(header: nil)), ("2026-07-28", Body.initialize, .legacy(header: .v2026_07_28)),
    ("2030-01-01", Body.initialize, .legacy(header: nil)), ("2025-11-25", Body.initialize, .legacy(header: .v2025_11_25)),
    (nil, Body.notification, .legacy(header: nil)), ("2026-07-28", Body.notification, .modern),
    ("2024-11-05", Body.notification, .legacy(header: .v2024_11_05)),
    (nil, Body.response, .legacy(header: nil)), ("2026-07-28", Body.response, .modern), ("x", Body.response, .unknownVersion("x")),
  ])
  func `the era follows from header and body`(header: String?, body: String, expected: EraDecision) throws {
    #expect(try EraDecision.decide(headerVersion: header, body: message(body)) == expected)
  }
}
