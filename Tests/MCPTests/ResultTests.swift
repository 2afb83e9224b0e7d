import JSON
import MCP
import Testing

private let info = #""io.modelcontextprotocol/serverInfo":{"name":"gw","version":"1"}"#

@Suite struct ResultTests {
  private let server = Implementation(name: "gw", version: "1")

  @Test func `the answer to initialize`() {
    let result = InitializeResult(
      revision: .v2025_06_18, serverInfo: Implementation(name: "gw", title: "Gateway", version: "1"),
      capabilities: ["tools": ["listChanged": true]], instructions: "read\nme")
    #expect(
      text(result.encoded())
        == #"{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"gw","title":"Gateway","version":"1"},"instructions":"read\nme"}"#
    )
  }

  @Test func `the answer to server slash discover`() {
    let result = DiscoverResult(serverInfo: server, capabilities: ["tools": [:]], cache: CacheHint(ttlMilliseconds: 5, scope: .public))
    #expect(
      text(result.encoded())
        == #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":5,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gw","version":"1"}}}"#
    )
  }

  @Test(arguments: [
    ("{}", nil, #"{"resultType":"complete","_meta":{\#(info)}}"#),
    (#"{"big":12345678901234567890,"f":1.0}"#, nil, #"{"big":12345678901234567890,"f":1.0,"resultType":"complete","_meta":{\#(info)}}"#),
    (#"{"resultType":"input_required","a":1}"#, nil, #"{"a":1,"resultType":"input_required","_meta":{\#(info)}}"#),
    (#"{"_meta":{"x":[1, 2]},"a":1}"#, nil, #"{"a":1,"resultType":"complete","_meta":{"x":[1, 2],\#(info)}}"#),
    (
      #"{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"other"},"y":2}}"#, nil,
      #"{"resultType":"complete","_meta":{"y":2,\#(info)}}"#
    ),
    (#"{"_meta":null}"#, nil, #"{"resultType":"complete","_meta":{\#(info)}}"#),
    (
      #"{"ttlMs":99,"tools":[],"cacheScope":"public"}"#, CacheHint.none,
      #"{"tools":[],"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{\#(info)}}"#
    ),
    (
      #"{"ttlMs":99,"tools":[],"cacheScope":"public"}"#, nil,
      #"{"ttlMs":99,"tools":[],"cacheScope":"public","resultType":"complete","_meta":{\#(info)}}"#
    ),
    (#"{"\u005fmeta":{"x":1}}"#, nil, #"{"resultType":"complete","_meta":{"x":1,\#(info)}}"#),
  ])
  func `a result is completed for 2026-07-28 and otherwise left alone`(source: String, cache: CacheHint?, expected: String) throws {
    let decorated = ModernResult.decorate(try json(source), serverInfo: server, cache: cache)
    #expect(text(decorated) == expected)
    _ = try RawJSON(validating: decorated)
  }

  @Test func `a tool result`() throws {
    #expect(text(ToolResult.text("a\"b").encoded()) == #"{"content":[{"type":"text","text":"a\"b"}],"isError":false}"#)
    #expect(text(ToolResult.failure("no").encoded()) == #"{"content":[{"type":"text","text":"no"}],"isError":true}"#)
    let full = ToolResult(
      content: [.block(try json(#"{"type":"image","data":""}"#)), .rawText(try json(#""\ud800""#))],
      structuredContent: Array(#"{"n":1.0}"#.utf8))
    #expect(
      text(full.encoded(modernFrom: server))
        == #"{"content":[{"type":"image","data":""},{"type":"text","text":"\ud800"}],"structuredContent":{"n":1.0},"isError":false,"resultType":"complete","_meta":{\#(info)}}"#
    )
  }

  @Test func `a tool definition is read where it is whole`() throws {
    let tool = try #require(
      ToolDefinition(json(#"{"name":"t","title":"T","description":"d","inputSchema":{"type":"object"},"annotations":{},"x":1}"#)))
    #expect(tool.name == "t")
    #expect(tool.title == "T")
    #expect(tool.description == "d")
    #expect(tool.inputSchema.map { text($0.bytes) } == #"{"type":"object"}"#)
    #expect(tool.outputSchema == nil)
    #expect(tool.annotations?.kind == .object)
  }

  @Test(arguments: ["{}", "[]", "1", #"{"name":1}"#, #"{"name":""}"#])
  func `a tool without a name is none`(source: String) throws {
    #expect(try ToolDefinition(json(source)) == nil)
  }

  @Test(
    arguments: [
      (#"{"type":"text","text":"a"}"#, "a", nil), (#"{"type":"text","text":1}"#, nil, nil),
      (#"{"type":"image","text":"a","mimeType":"m"}"#, nil, "m"),
    ] as [(String, String?, String?)])
  func `only a text block has text`(source: String, expected: String?, mimeType: String?) throws {
    let block = try #require(ContentBlock(json(source)))
    #expect(block.text == expected)
    #expect(block.mimeType == mimeType)
  }

  @Test func `a content block has a type`() throws {
    #expect(try ContentBlock(json(#"{"text":"a"}"#)) == nil)
    #expect(try ContentBlock(json("[]")) == nil)
  }
}
