internal import Egress
internal import MCP

/// Why one HTTP request to a server brought no message.
enum ExchangeFailure: Error, Sendable {
  /// There was no connection: nothing was sent.
  case unreachable(UpstreamError)
  /// The connection ended before the answer began, or in the middle of it.
  case interrupted(answerBegun: Bool)
  /// The server does not know the session: nothing was done.
  case sessionLost
  /// An HTTP error, perhaps with a JSON-RPC error in its body.
  case refused(status: Int, RPCError?)
  case failed(UpstreamError)

  init(_ error: EgressError, limitBytes: Int = Limits.Upstream.maxMessageBytes) {
    self =
      switch error {
      case .refusedAddress, .cannotResolve, .cannotConnect, .tls, .proxy, .timedOut(.connecting):
        .unreachable(.unavailable(error.description))
      case .connectionLost(let answerBegun): .interrupted(answerBegun: answerBegun)
      case .timedOut: .failed(.timedOut(.request))
      case .tooLarge(.body, _): .failed(.tooLarge(limitBytes))
      case .tooLarge(.headers, _), .protocolError: .failed(.protocolViolation(error.description))
      case .badRequest, .redirected, .failed: .failed(.unavailable(error.description))
      case .cancelled: .failed(.cancelled)
      case .overloaded: .failed(.overloaded)
      case .shuttingDown: .failed(.shuttingDown)
      }
  }

  /// In one word, for where it makes no difference what became of the request.
  var error: UpstreamError {
    switch self {
    case .unreachable(let error), .failed(let error): error
    case .interrupted(answerBegun: false): .exited("the connection was lost before the answer")
    case .interrupted(answerBegun: true): .exited("the connection was lost in the middle of the answer")
    case .sessionLost: .exited("ended the session")
    case .refused(let status, let error): .unavailable(Self.text(status) + (error.map { " and JSON-RPC error \($0.code)" } ?? ""))
    }
  }

  private static func text(_ status: Int) -> String {
    switch status {
    case 300..<400: "answered with HTTP status \(status): redirects are not followed, so the final URL has to be configured"
    case 401, 403: "answered with HTTP status \(status): it wants other credentials"
    case 404: "answered with HTTP status \(status): the path of its URL may be another"
    default: "answered with HTTP status \(status)"
    }
  }
}
