package import JSON
package import MCP

/// What a server answered.
package enum UpstreamReply: Sendable {
  /// An object, as the server wrote it.
  case result(RawJSON)
  /// The server's own JSON-RPC error.
  case error(RPCError)
}

/// Why a connection gave no answer to a call.
enum CallFailure: Error, Sendable, Equatable {
  /// The connection had ended before anything of the call was sent: another child may be tried.
  case notSent
  case failed(UpstreamError)
}
