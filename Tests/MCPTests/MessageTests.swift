import JSON
import MCP
import Testing

@Suite struct MessageTests {
  @Test func `a request`() throws {
    guard case .request(let request) = try message(#" {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"},"extra":[1]} "#)
    else {
      Issue.record("not a request")
      return
    }
    #expect(request.id == .number("7"))
    #expect(request.method == "tools/call")
    #expect(request.params.map { text($0.bytes) } == #"{"name":"x"}"#)
  }

  @Test func `a request without params`() throws {
    guard case .request(let request) = try message(#"{"method":"ping","id":"a","jsonrpc":"2.0"}"#) else {
      Issue.record("not a request")
      return
    }
    #expect(request.id == .string("a"))
    #expect(request.params == nil)
  }

  @Test func `a notification`() throws {
    guard case .notification(let notification) = try message(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#) else {
      Issue.record("not a notification")
      return
    }
    #expect(notification.method == "notifications/initialized")
  }

  @Test func `a result`() throws {
    guard case .response(let response) = try message(#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#),
      case .result(let result) = response.outcome
    else {
      Issue.record("not a result")
      return
    }
    #expect(response.id == RequestID(1))
    #expect(text(result.bytes) == #"{"a":1}"#)
  }

  @Test(arguments: [("1", RequestID(1)), ("null", nil), ("\"x\"", .string("x"))])
  func `an error keeps code, message and data`(source: String, id: RequestID?) throws {
    let line = #"{"jsonrpc":"2.0","id":\#(source),"error":{"code":-32099,"message":"no","data":{"n":1.0}}}"#
    guard case .response(let response) = try message(line), case .error(let error) = response.outcome else {
      Issue.record("not an error")
      return
    }
    #expect(response.id == id)
    #expect(error == RPCError(code: -32099, message: "no", data: try json(#"{"n":1.0}"#)))
  }

  @Test func `an error may lack its id`() throws {
    guard case .response(let response) = try message(#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#) else {
      Issue.record("not a response")
      return
    }
    #expect(response.id == nil)
  }

  @Test func `member names are compared after unescaping`() throws {
    guard case .request(let request) = try message(#"{"json\u0072pc":"2.0","\u0069d":1,"m\u0065thod":"p\u0069ng"}"#) else {
      Issue.record("not a request")
      return
    }
    #expect(request.method == "ping")
  }

  @Test(arguments: [
    // not an object
    "1", "null", "\"x\"", "true",
    // version
    #"{"id":1,"method":"a"}"#, #"{"jsonrpc":"1.0","id":1,"method":"a"}"#, #"{"jsonrpc":2.0,"id":1,"method":"a"}"#,
    #"{"jsonrpc":null,"id":1,"method":"a"}"#, #"{"JSONRPC":"2.0","id":1,"method":"a"}"#,
    // id
    #"{"jsonrpc":"2.0","id":null,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, #"{"jsonrpc":"2.0","id":true,"method":"a"}"#,
    #"{"jsonrpc":"2.0","id":{},"method":"a"}"#, #"{"jsonrpc":"2.0","id":[1],"method":"a"}"#,
    // method
    #"{"jsonrpc":"2.0","id":1,"method":1}"#, #"{"jsonrpc":"2.0","id":1,"method":null}"#, #"{"jsonrpc":"2.0","method":{}}"#,
    // params
    #"{"jsonrpc":"2.0","id":1,"method":"a","params":[]}"#, #"{"jsonrpc":"2.0","id":1,"method":"a","params":null}"#,
    #"{"jsonrpc":"2.0","method":"a","params":"x"}"#,
    // mixtures
    #"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#, #"{"jsonrpc":"2.0","id":1,"method":"a","error":{"code":1,"message":"x"}}"#,
    #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}"#, #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0"}"#,
    #"{"jsonrpc":"2.0","id":1,"params":{}}"#,
    // result
    #"{"jsonrpc":"2.0","result":{}}"#, #"{"jsonrpc":"2.0","id":null,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":null}"#,
    #"{"jsonrpc":"2.0","id":1,"result":[]}"#, #"{"jsonrpc":"2.0","id":1,"result":"x"}"#, #"{"jsonrpc":"2.0","id":1.5,"result":{}}"#,
    // error
    #"{"jsonrpc":"2.0","id":1,"error":null}"#, #"{"jsonrpc":"2.0","id":1,"error":"x"}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
    #"{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"x"}}"#,
    #"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}"#, #"{"jsonrpc":"2.0","id":1.5,"error":{"code":1,"message":"x"}}"#,
    #"{"jsonrpc":"2.0","id":1,"error":{"code":99999999999999999999,"message":"x"}}"#,
  ])
  func `what is no message is refused`(source: String) throws {
    let raw = try json(source)
    let error = try #require(throws: RPCError.self) { try Message(raw) }
    #expect(error.code == ErrorCode.invalidRequest)
    #expect(error != RPCError.batchRefused)
  }

  @Test func `a method name is at most so long`() throws {
    let longest = String(repeating: "m", count: Message.maxMethodBytes - 2)
    _ = try message(#"{"jsonrpc":"2.0","method":"\#(longest)"}"#)
    #expect(throws: RPCError.self) { try message(#"{"jsonrpc":"2.0","method":"\#(longest)m"}"#) }
  }

  @Test func `a batch is refused in its own way`() throws {
    let raw = try json(#"[{"jsonrpc":"2.0","method":"a"}]"#)
    #expect(throws: RPCError.batchRefused) { try Message(raw) }
  }

  @Test(arguments: [
    (#"{"jsonrpc":"1.0","id":"a","method":"x"}"#, RequestID.string("a")), (#"{"id":3}"#, RequestID(3)), (#"{"id":1.5}"#, nil),
    (#"{"id":null}"#, nil), ("[]", nil), (#"{"a":1}"#, nil),
  ])
  func `a refused message can be answered by its id if it has one`(source: String, id: RequestID?) throws {
    #expect(try Message.requestID(in: json(source)) == id)
  }
}

@Suite struct PayloadTests {
  @Test func `a batch gives its elements unread`() throws {
    guard case .batch(let elements) = try Payload(json(#"[{"jsonrpc":"2.0","method":"a"}, 1]"#)) else {
      Issue.record("not a batch")
      return
    }
    #expect(elements.map { text($0.bytes) } == [#"{"jsonrpc":"2.0","method":"a"}"#, "1"])
  }

  @Test func `a single message is read`() throws {
    guard case .single(.notification) = try Payload(json(#"{"jsonrpc":"2.0","method":"a"}"#)) else {
      Issue.record("not a notification")
      return
    }
  }

  @Test(arguments: ["[]", "[\(Array(repeating: "1", count: Payload.maxBatchMessages + 1).joined(separator: ","))]", "{}", "1"])
  func `an empty batch, a huge one and a bad message are refused`(source: String) throws {
    let raw = try json(source)
    let error = try #require(throws: RPCError.self) { try Payload(raw) }
    #expect(error.code == ErrorCode.invalidRequest)
  }
}
