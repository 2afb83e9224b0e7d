import JSON
import MCP
import NIOCore
import Testing

@testable import Host

@Suite struct ForwardingTests {
  private func sent(_ call: ForwardedRequest) throws -> String {
    let content = call.content
    return try RawJSON(validating: call.params(content, trace: TraceCarrier(traceparent: "00-t"))).text
  }

  @Test func `arguments alone are judged alone`() throws {
    let params = ClientParams(
      try raw(#"{"name":"s__t","arguments":{ "n":1.0},"_meta":{"progressToken":1,"io.modelcontextprotocol/x":2,"traceparent":"00-c"}}"#))
    let call = try params.named(.tool("t"))
    #expect(call.base == "/params/arguments" && call.content.text == #"{ "n":1.0}"#)
    #expect(try sent(call) == #"{"name":"t","arguments":{ "n":1.0},"_meta":{"traceparent":"00-t"}}"#)
  }

  @Test func `other members are judged and forwarded too, without what concerns one hop`() throws {
    let params = ClientParams(try raw(#"{"x":1E2,"name":"s__t","_meta":{"progressToken":1,"v\u0061":"é"}}"#))
    let call = try params.named(.prompt("t"))
    #expect(call.base == "/params" && call.content.text == #"{"arguments":{},"x":1E2,"_meta":{"v\u0061":"é"}}"#)
    #expect(try sent(call) == #"{"name":"t","arguments":{},"x":1E2,"_meta":{"v\u0061":"é","traceparent":"00-t"}}"#)
  }

  @Test func `a hop-owned key is known however it is escaped`() throws {
    let params = ClientParams(try raw(#"{"arguments":{},"_meta":{"io\u002emodelcontextprotocol/clientInfo":1,"trac\u0065parent":"x"}}"#))
    #expect(try params.named(.tool("t")).base == "/params/arguments")
  }

  @Test(arguments: [#"{"arguments":5}"#, #"{"arguments":[]}"#, #"{"arguments":"x"}"#])
  func `arguments have to be an object`(_ text: String) throws {
    let params = ClientParams(try raw(text))
    #expect(throws: RPCError.self) { try params.named(.tool("t")) }
  }

  @Test(arguments: [nil, "{}", #"{"arguments":null}"#])
  func `no arguments are an empty object`(_ text: String?) throws {
    let call = try ClientParams(try text.map(raw)).named(.tool("t"))
    #expect(try sent(call) == #"{"name":"t","arguments":{},"_meta":{"traceparent":"00-t"}}"#)
  }

  @Test func `a URI is judged and forwarded as its server calls it`() throws {
    let params = ClientParams(try raw(#"{"uri":"enkrypt:s:file:///x","y":1}"#))
    let call = try params.whole(.resource(uri: "file:///x"), replacing: ["uri": Array(#""file:///x""#.utf8)])
    #expect(call.method == "resources/read" && call.content["uri"]?.stringValue == "file:///x")
    #expect(try sent(call) == #"{"uri":"file:///x","y":1,"_meta":{"traceparent":"00-t"}}"#)
  }

  @Test func `progress is asked for under the given token`() throws {
    let call = ForwardedRequest.tool("t", arguments: try raw("{}"))
    let text = String(
      decoding: call.params(call.content, trace: TraceCarrier(traceparent: "x"), progressToken: .number("7")), as: UTF8.self)
    #expect(text == #"{"name":"t","arguments":{},"_meta":{"progressToken":7,"traceparent":"x"}}"#)
  }

  // MARK: Results

  private func rewritten(
    _ text: String, of method: String, prefix: String? = "enkrypt:s:", for revision: Revision = .newestLegacy
  ) throws -> String {
    try ResultRewriting(method: method, uriPrefix: prefix, revision: revision).apply(to: try raw(text)).text
  }

  @Test func `URIs get their prefix where MCP says that they are URIs`() throws {
    let block =
      #"{"type":"resource_link","uri":"a:b","name":"uri"},{"type":"resource","resource":{"uri":"c\u003ad"}},{"type":"text","uri":"e:f"}"#
    let expected =
      #"{"type":"resource_link","uri":"enkrypt:s:a:b","name":"uri"},{"type":"resource","resource":{"uri":"enkrypt:s:c\u003ad"}},{"type":"text","uri":"e:f"}"#
    #expect(try rewritten(#"{"content":[\#(block)],"uri":"x"}"#, of: "tools/call") == #"{"content":[\#(expected)],"uri":"x"}"#)
    #expect(
      try rewritten(#"{"messages":[{"content":[\#(block)]},{"content":{"type":"resource","resource":{"uri":"u"}}}]}"#, of: "prompts/get")
        == #"{"messages":[{"content":[\#(expected)]},{"content":{"type":"resource","resource":{"uri":"enkrypt:s:u"}}}]}"#)
    #expect(
      try rewritten(#"{"contents":[{"uri":"u","text":"u"},{"text":"no uri"},{"uri":5}]}"#, of: "resources/read")
        == #"{"contents":[{"uri":"enkrypt:s:u","text":"u"},{"text":"no uri"},{"uri":5}]}"#)
  }

  @Test(arguments: ["tools/call", "prompts/get", "resources/read", "completion/complete"])
  func `a result of any shape survives`(_ method: String) throws {
    for text in [
      "{}", #"{"content":5,"contents":{},"messages":"x"}"#, #"{"content":[5,null,[]],"messages":[1,{"content":7}],"contents":[[],"u"]}"#,
      #"{"content":[{"type":5},{"type":"resource"},{"type":"resource","resource":[]},{"type":"resource_link"}]}"#, #"{"_meta":7}"#,
    ] {
      #expect(try rewritten(text, of: method) == text)
    }
  }

  @Test func `only revisions that do not know a block get text in its place`() throws {
    let audio = #"{"type":"audio","data":"AAA=","mimeType":"audio/wav","x":1.0}"#
    let link = #"{"type":"resource_link","uri":"a:b","name":"\u006e"}"#
    let text = #"{"content":[\#(audio),\#(link),5,{"type":"audio"}],"x":1.0}"#
    #expect(try rewritten(text, of: "tools/call", prefix: nil, for: .v2025_06_18) == text)
    #expect(
      try rewritten(text, of: "tools/call", for: .v2025_03_26)
        == #"{"content":[\#(audio),{"type":"text","text":"[Resource \"n\", enkrypt:s:a:b]"},5,{"type":"audio"}],"x":1.0}"#)
    let words = #"{"type":"text","text":"[Audio, audio/wav, 2 bytes]","x":1.0},{"type":"text","text":"[Resource \"n\", a:b]"}"#
    #expect(
      try rewritten(text, of: "tools/call", prefix: nil, for: .v2024_11_05)
        == #"{"content":[\#(words),5,{"type":"text","text":"[Audio, of an unknown type, 0 bytes]"}],"x":1.0}"#)
  }

  @Test func `structured content that is an object keeps its bytes, and any other is said in text`() throws {
    let object = #"{"structuredContent":{"a":1.0} ,"content":[]}"#
    #expect(try rewritten(object, of: "tools/call", prefix: nil) == object)
    #expect(try rewritten(#"{"structuredContent":[1.0]}"#, of: "tools/call") == #"{"content":[{"type":"text","text":"[1.0]"}]}"#)
    #expect(try rewritten(#"{"structuredContent":[1.0]}"#, of: "tools/call", for: .newest) == #"{"structuredContent":[1.0]}"#)
    #expect(try rewritten(#"{"structuredContent":5}"#, of: "prompts/get") == #"{"structuredContent":5}"#)
  }

  @Test func `without a prefix everything stays`() throws {
    let text = #"{"content":[{"type":"resource_link","uri":"a:b"}],"_meta":{"v":1.0}}"#
    #expect(try rewritten(text, of: "tools/call", prefix: nil) == text)
  }

  @Test func `a server cannot speak under the gateway's names`() throws {
    let text = #"{"content":[],"_meta":{"a":1.0,"io.enkrypt.gateway/error":{},"io.enkrypt.g\u0061teway/x":1,"b":2}}"#
    #expect(try rewritten(text, of: "tools/call", prefix: nil) == #"{"content":[],"_meta":{"a":1.0,"b":2}}"#)
  }

  // MARK: Failures

  private func failure(_ code: GatewayError.Code, tool: String? = "t") -> FederatedFailure {
    FederatedFailure(GatewayError(code, "words", cause: "secret", server: "s", tool: tool))
  }

  @Test func `what is not there is a fault of the request, what fails is not`() {
    #expect(failure(.toolNotFound).rpcError(era: .modern).code == -32602)
    #expect(failure(.toolNotFound).rpcError(era: .legacy, isResource: true).code == -32002)
    #expect(failure(.toolNotFound).rpcError(era: .modern, isResource: true).code == -32602)
    #expect(failure(.toolTimeout).rpcError(era: .modern).code == -32603)
    for code in [GatewayError.Code.toolNotFound, .toolPermissionDenied, .discoveryToolValidationFailed] {
      #expect(failure(code).isAboutRequest)
    }
    for code in [GatewayError.Code.toolTimeout, .discoveryServerUnavailable, .configurationInvalid] {
      #expect(!failure(code).isAboutRequest)
    }
    #expect(!failure(.discoveryToolValidationFailed, tool: nil).isAboutRequest, "of a rejected server")
  }

  @Test func `a failure has no cause for clients`() {
    let text = String(decoding: failure(.toolTimeout).document, as: UTF8.self)
    #expect(text == #"{"error_code":"TOOL_004","message":"words","server_name":"s"}"#)
  }

  @Test func `a block names kinds and guardrails, and repeats nothing`() throws {
    let server = try servers(["s"]).servers[0]
    let violation = Violation(category: "pii", code: "email", message: "found ada@example.com", score: 1)
    var report = ScreeningReport()
    report.findings = [ScreeningReport.Finding(binding: "words", violation: violation, pointer: "/params/arguments/ada@example.com")]
    let blocked = FederatedFailure(blocked: .output, report, server: server, item: "t")
    #expect(blocked.rpcError(era: .legacy).code == 1001)
    let result = try RawJSON(validating: blocked.toolResult.encoded())
    #expect(!result.text.contains("ada@"))
    #expect(result["isError"]?.boolValue == true && result["structuredContent"] == nil)
    #expect(
      result["_meta"]?["io.enkrypt.gateway/error"]?["guardrail"]?.value
        == ["direction": "output", "violations": [["type": "pii", "guardrail": "words"]]])
  }

  @Test func `a server's error keeps its code unless it would speak of this hop`() {
    for code in [-32000, -32601, -32602, 1] {
      let error = RPCError(code: code, message: "m", data: RawJSON(["a": 1]))
      #expect(RPCError(ofServer: error, era: .legacy) == error && RPCError(ofServer: error, era: .modern) == error)
    }
    let missing = RPCError(code: -32002, message: "m")
    #expect(RPCError(ofServer: missing, era: .legacy).code == -32002 && RPCError(ofServer: missing, era: .modern).code == -32602)
    // 2026-07-28 asks for the visit to a web page in another way.
    let visit = RPCError(code: -32042, message: "m")
    #expect(RPCError(ofServer: visit, era: .legacy) == visit)
    for code in [-32020, -32021, -32022, -32042] {
      #expect(RPCError(ofServer: RPCError(code: code, message: "m"), era: .modern).code == -32603)
    }
  }
}

@Suite struct ItemShapeTests {
  @Test(arguments: [
    (ItemKind.tools, #"{"name":"t"}"#, true), (.tools, #"{"name":"t","inputSchema":{},"x":[1]}"#, true),
    (.tools, #"{"name":"t","inputSchema":true}"#, false), (.tools, #"{"name":"t","inputSchema":null}"#, false),
    (.tools, #"{"name":"t","description":null}"#, true), (.tools, #"{"name":"t","title":5}"#, false),
    (.tools, #"{"name":"t","annotations":[]}"#, false), (.tools, #"{"name":"t","icons":{}}"#, false), (.tools, "[]", false),
    (.prompts, #"{"name":"p","arguments":[]}"#, true), (.prompts, #"{"name":"p","arguments":{}}"#, false),
    (.resources, #"{"uri":"u","name":"n","size":3}"#, true), (.resources, #"{"uri":"u"}"#, false),
    (.resources, #"{"uri":"u","name":"n","size":"3"}"#, false), (.resourceTemplates, #"{"uriTemplate":"u","name":"n"}"#, true),
  ])
  func `an item has the members that clients insist on`(_ kind: ItemKind, _ text: String, _ expected: Bool) throws {
    #expect(ItemShape.isWellFormed(try raw(text), kind) == expected)
  }
}

@Suite struct SessionViewTests {
  @Test func `a session is found in the view it was opened in`() throws {
    let store = SessionStore(maxSessions: 10, idleExpiry: .minutes(1)) { _ in }
    let session = try #require(store.open(principal: "a", revision: .v2025_11_25, view: .server("s"), clientCapabilities: nil))
    #expect(store.find(session.id, principal: "a", view: .server("s")) === session)
    for view in [ServerView.all, .server("t")] {
      #expect(store.find(session.id, principal: "a", view: view) == nil)
      #expect(!store.close(session.id, principal: "a", view: view))
    }
    #expect(store.close(session.id, principal: "a", view: .server("s")))
  }
}
