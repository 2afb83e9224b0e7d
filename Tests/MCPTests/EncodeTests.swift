import JSON
import MCP
import Testing

@Suite struct EncodeTests {
  @Test func `messages are written on one line with ids untouched`() {
    #expect(
      text(Encode.request(id: .string("a\n"), method: "tools/call", params: Array(#"{"x":1.0}"#.utf8)))
        == #"{"jsonrpc":"2.0","id":"a\n","method":"tools/call","params":{"x":1.0}}"#)
    #expect(text(Encode.request(id: RequestID(1), method: "ping")) == #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
    #expect(text(Encode.notification(method: "a\"b")) == #"{"jsonrpc":"2.0","method":"a\"b"}"#)
    #expect(text(Encode.notification(method: "n", params: "{}".utf8)) == #"{"jsonrpc":"2.0","method":"n","params":{}}"#)
    #expect(text(Encode.result(id: .number("1e2"), "{}".utf8)) == #"{"jsonrpc":"2.0","id":1e2,"result":{}}"#)
  }

  @Test func `an error without an id says null`() throws {
    let data = try json("{\"a\":\n1}")
    #expect(
      text(Encode.error(id: nil, RPCError(code: -1, message: "a\nb", data: data)))
        == #"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"a\nb","data":{"a":1}}}"#)
    #expect(
      text(Encode.error(id: RequestID(2), .methodNotFound("x"))) == #"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"x"}}"#)
  }

  @Test func `what is written can be read`() throws {
    let error = RPCError.unsupportedVersion(requested: "x\"y", supported: Revision.modern)
    guard case .response(let response) = try message(text(Encode.error(id: RequestID(1), error))), case .error(let read) = response.outcome
    else {
      Issue.record("not an error")
      return
    }
    #expect(read == error)
    #expect(read.data.map { text($0.bytes) } == #"{"supported":["2026-07-28"],"requested":"x\"y"}"#)
  }
}
