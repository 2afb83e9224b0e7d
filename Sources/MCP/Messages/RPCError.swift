package import JSON

/// A JSON-RPC error object (JSON-RPC 2.0 §5.1). What it holds is shown to the peer: no secret, path or stack belongs here.
package struct RPCError: Error, Sendable, Equatable {
  package let code: Int
  package let message: String
  package let data: RawJSON?

  package init(code: Int, message: String, data: RawJSON? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }

  package static func parseError(_ message: String) -> RPCError { RPCError(code: ErrorCode.parseError, message: message) }
  package static func invalidRequest(_ message: String) -> RPCError { RPCError(code: ErrorCode.invalidRequest, message: message) }
  package static func methodNotFound(_ message: String) -> RPCError { RPCError(code: ErrorCode.methodNotFound, message: message) }
  package static func invalidParams(_ message: String) -> RPCError { RPCError(code: ErrorCode.invalidParams, message: message) }
  package static func internalError(_ message: String) -> RPCError { RPCError(code: ErrorCode.internalError, message: message) }
  package static func headerMismatch(_ message: String) -> RPCError { RPCError(code: ErrorCode.headerMismatch, message: message) }

  /// What `Message.init` throws for a JSON array. Only 2025-03-26 knows batches; whoever serves it reads a `Payload` instead.
  package static let batchRefused = invalidRequest("a batch of messages is not accepted")

  /// The peer asked for `requested`; `supported` is what it may ask for instead.
  package static func unsupportedVersion(requested: String, supported: [Revision]) -> RPCError {
    let data: JSONValue = .object([
      "supported": .array(supported.map { .string($0.rawValue) }),
      "requested": .string(requested),
    ])
    return RPCError(code: ErrorCode.unsupportedVersion, message: "unsupported protocol version", data: RawJSON(data))
  }

  /// 2026-07-28: the request needs what the client did not declare. `capabilities` is the object that it would have to declare.
  package static func missingCapability(_ capabilities: JSONValue) -> RPCError {
    RPCError(
      code: ErrorCode.missingCapability, message: "the request needs a client capability that was not declared",
      data: RawJSON(["requiredCapabilities": capabilities]))
  }

  /// Reads an `error` member. Nil unless `code` is an integer and `message` a string.
  package init?(object raw: RawJSON) {
    guard let code = raw["code"]?.intValue, let message = raw["message"]?.stringValue else { return nil }
    self.init(code: code, message: message, data: raw["data"])
  }

  /// The HTTP status that goes with this error in 2026-07-28 while nothing has been streamed yet.
  package var modernHTTPStatus: Int {
    switch code {
    case ErrorCode.parseError, ErrorCode.invalidRequest, ErrorCode.invalidParams, ErrorCode.headerMismatch,
      ErrorCode.missingCapability, ErrorCode.unsupportedVersion:
      400
    case ErrorCode.methodNotFound: 404
    default: 200
    }
  }
}
