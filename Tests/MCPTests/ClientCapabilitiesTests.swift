import JSON
import Testing

@testable import MCP

@Suite struct ClientCapabilitiesTests {
  private func client(_ text: String) throws -> ClientCapabilities { ClientCapabilities(try RawJSON(validating: Array(text.utf8))) }
  private func params(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

  @Test(arguments: [
    (#"{"elicitation":{}}"#, "elicitation/create", "{}"),
    (#"{"elicitation":{}}"#, "elicitation/create", #"{"mode":"form"}"#),
    (#"{"elicitation":{"form":{}}}"#, "elicitation/create", #"{"mode":null}"#),
    (#"{"elicitation":{"url":{}}}"#, "elicitation/create", #"{"mode":"url"}"#),
    (#"{"elicitation":{"unheard":{}}}"#, "elicitation/create", "{}"),
    (#"{"sampling":{}}"#, "sampling/createMessage", "{}"),
    (#"{"sampling":{}}"#, "sampling/createMessage", #"{"tools":null}"#),
    (#"{"sampling":{"tools":{}}}"#, "sampling/createMessage", #"{"tools":[]}"#),
    (#"{"roots":{}}"#, "roots/list", "{}"),
  ])
  func `a client is asked what it declared`(declared: String, method: String, text: String) throws {
    #expect(try client(declared).obstacle(to: method, params(text)) == nil)
  }

  @Test(arguments: [
    ("{}", "elicitation/create", "{}", ClientCapabilities.Obstacle.missing(required: ["elicitation": ["form": [:]]])),
    ("{}", "elicitation/create", #"{"mode":"url"}"#, .missing(required: ["elicitation": ["url": [:]]])),
    (#"{"elicitation":{}}"#, "elicitation/create", #"{"mode":"url"}"#, .unsupported(required: ["elicitation": ["url": [:]]])),
    (#"{"elicitation":{"url":{}}}"#, "elicitation/create", "{}", .unsupported(required: ["elicitation": ["form": [:]]])),
    (#"{"elicitation":{}}"#, "elicitation/create", #"{"mode":"voice"}"#, .unsupported(required: [:])),
    (#"{"elicitation":{}}"#, "elicitation/create", #"{"mode":7}"#, .unsupported(required: [:])),
    (#"{"elicitation":true}"#, "elicitation/create", "{}", .missing(required: ["elicitation": ["form": [:]]])),
    (#"{"sampling":{}}"#, "sampling/createMessage", #"{"tools":[]}"#, .unsupported(required: ["sampling": ["tools": [:]]])),
    (#"{"sampling":{}}"#, "sampling/createMessage", #"{"toolChoice":{}}"#, .unsupported(required: ["sampling": ["tools": [:]]])),
    ("{}", "sampling/createMessage", "{}", .missing(required: ["sampling": [:]])),
    ("{}", "roots/list", "{}", .missing(required: ["roots": [:]])),
    (#"{"tools":{}}"#, "tools/list", "{}", .unknown),
  ])
  func `and nothing else`(declared: String, method: String, text: String, obstacle: ClientCapabilities.Obstacle) throws {
    #expect(try client(declared).obstacle(to: method, params(text)) == obstacle)
  }

  @Test(arguments: [
    ("{}", "{}"), (#"{"experimental":{"x":{}},"tasks":{}}"#, "{}"),
    (
      #"{"roots":{"listChanged":true},"sampling":{"x":1},"elicitation":{"url":{"a":1},"form":{}}}"#,
      #"{"sampling":{},"elicitation":{"form":{},"url":{}},"roots":{}}"#
    ),
    (#"{"sampling":{"context":{},"tools":{}}}"#, #"{"sampling":{"tools":{},"context":{}}}"#),
  ])
  func `servers are told what is relayed, in one form`(declared: String, told: String) throws {
    #expect(String(decoding: try client(declared).declaration, as: UTF8.self) == told)
    #expect(ClientCapabilities(nil).declaration == Array("{}".utf8))
  }
}
