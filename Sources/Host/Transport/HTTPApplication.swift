internal import JSON
package import NIOCore
package import NIOHTTP1

/// What an HTTP listener serves. Called on the connection's event loop, in a task that prefers it.
package protocol HTTPApplication: Sendable {
  func answer(_ request: HTTPRequest, exchange: NIOLoopBound<HTTPExchange>) async -> HTTPAnswer

  /// Headers of every answer to a request with `headers`, event streams and refusals by the connection itself included.
  func answerHeaders(for headers: HTTPHeaders) -> HTTPHeaders
}

extension HTTPAnswer {
  /// A refusal by the transport itself, as a JSON-RPC error without id, so that MCP clients can show it.
  package static func refusal(_ status: HTTPResponseStatus, _ reason: String, code: Int = -32600, headers: HTTPHeaders = [:]) -> HTTPAnswer
  {
    let body: JSONValue = ["jsonrpc": "2.0", "id": .null, "error": ["code": .number(JSONNumber(code)), "message": .string(reason)]]
    return .json(status, body.serialized(), headers: headers)
  }
}
