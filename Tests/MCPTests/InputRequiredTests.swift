import JSON
import Testing

@testable import MCP

@Suite struct InputRequiredTests {
  private func read(_ text: String) throws -> InputRequired { try InputRequired(RawJSON(validating: Array(text.utf8))) }

  @Test func `questions keep their names and order, the state its bytes`() throws {
    let asked = try read(
      #"{"inputRequests":{"b":{"method":"roots/list"},"a":{"method":"elicitation/create","params":{"message":"?"}}},"requestState":"\u0041"}"#
    )
    #expect(asked.questions.map(\.key) == ["b", "a"])
    #expect(asked.questions[1].params?["message"]?.stringValue == "?")
    #expect(asked.state.map { String(decoding: $0.bytes, as: UTF8.self) } == #""\u0041""#)
  }

  @Test(arguments: [
    (#"{"requestState":"x"}"#, 0), (#"{"requestState":"x","inputRequests":null}"#, 0),
    (#"{"inputRequests":{"a":{"method":"roots/list","params":null}}}"#, 1),
  ])
  func `either of both is enough`(text: String, count: Int) throws { #expect(try read(text).questions.count == count) }

  @Test(arguments: [
    ("{}", InputRequired.Invalid.isEmpty), (#"{"inputRequests":{}}"#, .isEmpty), (#"{"inputRequests":[]}"#, .requestsAreNoObject),
    (#"{"inputRequests":{"a":{}}}"#, .requestIsNone), (#"{"inputRequests":{"a":{"method":"x","params":[]}}}"#, .requestIsNone),
    (#"{"inputRequests":{"a":"x"}}"#, .requestIsNone), (#"{"requestState":7}"#, .stateIsNoString),
  ])
  func `anything else is not understood`(text: String, reason: InputRequired.Invalid) { #expect(throws: reason) { try read(text) } }

  @Test func `it is written as a result of 2026-07-28`() throws {
    let asked = try read(#"{"inputRequests":{"a":{"method":"roots/list"}},"requestState":"theirs"}"#)
    let written = try RawJSON(validating: asked.encoded(state: "ours", serverInfo: Implementation(name: "n", version: "1")))
    #expect(written["resultType"]?.stringValue == "input_required" && written["requestState"]?.stringValue == "ours")
    #expect(written["inputRequests"]?["a"]?["method"]?.stringValue == "roots/list")
    #expect(written["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.stringValue == "n")
  }
}
