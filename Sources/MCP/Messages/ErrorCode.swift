/// Error codes of JSON-RPC 2.0 §5.1 and of MCP.
package enum ErrorCode {
  /// The text is not JSON.
  package static let parseError = -32700
  /// JSON, but not a JSON-RPC message that may stand here.
  package static let invalidRequest = -32600
  package static let methodNotFound = -32601
  package static let invalidParams = -32602
  package static let internalError = -32603
  /// 2026-07-28: a routing header is missing, doubled, or differs from the body.
  package static let headerMismatch = -32020
  /// 2026-07-28: the request needs a client capability that it does not declare.
  package static let missingCapability = -32021
  /// 2026-07-28: `data` is `{supported: [revision], requested: revision}`.
  package static let unsupportedVersion = -32022
  /// Legacy: the session is unknown or has ended.
  package static let sessionNotFound = -32001
  /// Legacy: no such resource; 2026-07-28 says `invalidParams` instead.
  package static let resourceNotFound = -32002
  /// 2025-11-25: the call needs a URL elicitation first.
  package static let urlElicitationRequired = -32042
}
