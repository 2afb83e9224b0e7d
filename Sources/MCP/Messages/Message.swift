package import JSON

/// A call that expects an answer.
package struct Request: Sendable {
  package let id: RequestID
  package let method: String
  /// An object, or nil if the member is absent.
  package let params: RawJSON?
  /// The `_meta` member of `params`, looked up once: params may be large.
  package let meta: RawJSON?

  package init(id: RequestID, method: String, params: RawJSON? = nil) {
    self.id = id
    self.method = method
    self.params = params
    meta = params?["_meta"]
  }
}

/// A call that expects none.
package struct Notification: Sendable {
  package let method: String
  /// An object, or nil if the member is absent.
  package let params: RawJSON?
  /// The `_meta` member of `params`, looked up once: params may be large.
  package let meta: RawJSON?

  package init(method: String, params: RawJSON? = nil) {
    self.method = method
    self.params = params
    meta = params?["_meta"]
  }
}

/// An answer.
package struct Response: Sendable {
  package enum Outcome: Sendable {
    /// Always an object.
    case result(RawJSON)
    case error(RPCError)
  }

  /// Nil only for an error whose request the peer could not read.
  package let id: RequestID?
  package let outcome: Outcome

  package init(id: RequestID?, outcome: Outcome) {
    self.id = id
    self.outcome = outcome
  }
}

/// One JSON-RPC 2.0 message as MCP narrows it: ids are strings or integers, `params` and `result` are objects.
/// Members that the protocol does not know are let pass.
package enum Message: Sendable {
  case request(Request)
  case notification(Notification)
  case response(Response)

  /// Longest accepted method name, in bytes.
  package static let maxMethodBytes = 256

  /// Throws `invalidRequest`; for an array exactly `RPCError.batchRefused`.
  package init(_ raw: RawJSON) throws(RPCError) {
    if raw.kind == .array { throw .batchRefused }
    guard raw.kind == .object else { throw .invalidRequest("a message must be a JSON object") }
    let members = MessageMembers(raw)
    try members.checkVersion()
    if let method = members.method {
      self = try members.call(method)
    } else {
      self = .response(try members.response())
    }
  }

  /// The id by which to answer a message that `init` refused: that of a call whose id is readable, else nil.
  package static func requestID(in raw: RawJSON) -> RequestID? {
    guard raw.kind == .object else { return nil }
    return raw["id"].flatMap { RequestID($0) }
  }
}

/// The members that JSON-RPC gives a meaning to, found in one pass.
private struct MessageMembers {
  var version: RawJSON?
  var id: RawJSON?
  var method: RawJSON?
  var params: RawJSON?
  var result: RawJSON?
  var error: RawJSON?

  init(_ raw: RawJSON) {
    for (key, value) in raw.members {
      switch key.stringValue {
      case "jsonrpc": version = value
      case "id": id = value
      case "method": method = value
      case "params": params = value
      case "result": result = value
      case "error": error = value
      default: break
      }
    }
  }

  func checkVersion() throws(RPCError) {
    guard version?.stringValue == "2.0" else { throw .invalidRequest("jsonrpc must be \"2.0\"") }
  }

  func call(_ rawMethod: RawJSON) throws(RPCError) -> Message {
    guard result == nil, error == nil else { throw .invalidRequest("a message has either a method or a result or error") }
    guard rawMethod.bytes.count <= Message.maxMethodBytes, let method = rawMethod.stringValue else {
      throw .invalidRequest("method must be a string of at most \(Message.maxMethodBytes) bytes")
    }
    if let params, params.kind != .object { throw .invalidRequest("params must be an object") }
    guard let id else { return .notification(Notification(method: method, params: params)) }
    return .request(Request(id: try requestID(id), method: method, params: params))
  }

  func response() throws(RPCError) -> Response {
    switch (result, error) {
    case (.some, .some): throw .invalidRequest("a message has either a result or an error")
    case (nil, nil): throw .invalidRequest("a message needs a method, a result or an error")
    case (.some(let result), nil):
      guard let id else { throw .invalidRequest("a result needs an id") }
      guard result.kind == .object else { throw .invalidRequest("result must be an object") }
      return Response(id: try requestID(id), outcome: .result(result))
    case (nil, .some(let raw)):
      guard let error = RPCError(object: raw) else { throw .invalidRequest("error must have an integer code and a message") }
      return Response(id: try errorID(), outcome: .error(error))
    }
  }

  private func requestID(_ raw: RawJSON) throws(RPCError) -> RequestID {
    guard let id = RequestID(raw) else { throw .invalidRequest("id must be a string or an integer of at most \(RequestID.maxBytes) bytes") }
    return id
  }

  private func errorID() throws(RPCError) -> RequestID? {
    guard let id, !id.isNull else { return nil }
    return try requestID(id)
  }
}
