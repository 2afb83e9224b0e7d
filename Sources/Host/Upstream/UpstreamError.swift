/// Why a server gave no answer. The associated texts are for the operator: they may name the command and say what the kernel or the
/// server did, but hold no argument, no environment variable and nothing the server wrote.
package enum UpstreamError: Error, Sendable, Equatable {
  /// What was going on when the time was up.
  package enum Phase: String, Sendable {
    case start, initialize, request
  }

  /// There is no child, and none could be started, or none will be before a pause is over.
  case cannotStart(String)
  /// There is no connection to the server, or it answers with an HTTP error.
  case unavailable(String)
  /// The child ended, or closed its output, before it answered; or the connection was lost.
  case exited(String)
  case timedOut(Phase)
  /// The child sent a message of more than so many bytes.
  case tooLarge(Int)
  /// What the child sent is not what MCP asks for.
  case protocolViolation(String)
  /// A bound is reached: too many calls in flight, too many children, or a child that does not read its input.
  case overloaded
  case shuttingDown
  /// Whoever asked is no longer interested.
  case cancelled

  /// For logs, status output and the command line.
  package var operatorText: String {
    switch self {
    case .cannotStart(let reason): "cannot start: \(reason)"
    case .exited(let reason), .unavailable(let reason): reason
    case .timedOut(.start): "did not start in time"
    case .timedOut(.initialize): "did not complete the MCP handshake in time"
    case .timedOut(.request): "did not answer in time"
    case .tooLarge(let limit): "sent a message of more than \(limit) bytes"
    case .protocolViolation(let reason): "broke the protocol: \(reason)"
    case .overloaded: "too many calls are waiting for this server"
    case .shuttingDown: "the gateway is shutting down"
    case .cancelled: "the call was cancelled"
    }
  }

  /// For clients.
  package var publicText: String {
    switch self {
    case .cannotStart: "the server could not be started"
    case .unavailable: "the server is not available"
    case .exited: "the server stopped before it answered"
    case .timedOut: "the server did not answer in time"
    case .tooLarge: "the server's answer is too large"
    case .protocolViolation: "the server sent an invalid answer"
    case .overloaded: "too many calls are waiting for this server"
    case .shuttingDown: "the gateway is shutting down"
    case .cancelled: "the call was cancelled"
    }
  }
}
