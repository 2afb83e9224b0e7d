package import JSON
package import MCP

/// What a server answered.
package enum UpstreamReply: Sendable {
  /// An object, as the server wrote it.
  case result(RawJSON)
  /// The server's own JSON-RPC error.
  case error(RPCError)
  /// 2026-07-28: the server wants answers of the client, and the request again with them.
  case inputRequired(InputRequired)
}

/// Why a connection gave no answer to a call.
enum CallFailure: Error, Sendable, Equatable {
  /// The connection had ended before the call was sent, or sent whole: another child may be tried.
  case notSent
  /// Nothing came of the call, for certain, and the connection is over; the pool knows that already. Another connection may be tried.
  case notRun(UpstreamError)
  /// The answer was lost on its way. The server may have done what was asked.
  case lost(UpstreamError)
  case failed(UpstreamError)
}
