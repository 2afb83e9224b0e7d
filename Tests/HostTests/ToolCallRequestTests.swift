import JSON
import Testing

@testable import Host

@Suite struct ToolCallRequestTests {
  private func parse(_ text: String) throws -> ToolCallRequest {
    try ToolCallRequest(RawJSON(validating: Array(text.utf8)), index: 3)
  }

  @Test(arguments: ["name", "tool_name", "tool", "function", "function_name", "function_id"])
  func `every name of the tool's name is understood`(alias: String) throws {
    #expect(try parse("{\"\(alias)\": \"echo\"}").tool == "echo")
  }

  @Test(arguments: [
    "args", "arguments", "tool_arguments", "tool_input_arguments", "tool_args", "tool_input_args", "parameters", "input", "params",
  ])
  func `every name of the arguments is understood`(alias: String) throws {
    let call = try parse("{\"name\": \"echo\", \"\(alias)\": {\"a\": 1.0}}")
    #expect(call.arguments.bytes.elementsEqual("{\"a\": 1.0}".utf8))
  }

  @Test func `the first alias that holds something counts`() throws {
    #expect(try parse(#"{"name":"", "tool":"x", "args":{}, "arguments":{"b":2}}"#).tool == "x")
    #expect(try parse(#"{"name":"x", "args":null, "arguments":{"b":2}}"#).arguments["b"]?.intValue == 2)
  }

  @Test func `missing arguments are an empty object`() throws {
    #expect(try parse(#"{"name":"echo"}"#).arguments.bytes.elementsEqual("{}".utf8))
  }

  @Test(arguments: ["[]", "1", "\"echo\"", "{}", #"{"name":5}"#, #"{"name":"x","args":[1]}"#, #"{"name":"x","args":"y"}"#, "null"])
  func `what is no call is refused`(text: String) {
    #expect(throws: GatewayError.self) { try parse(text) }
  }
}
