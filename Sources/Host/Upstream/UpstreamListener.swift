package import JSON
package import MCP
package import NIOCore

/// What a call hears from its server while it runs. Called on the server's event loop, in order; must not wait.
package protocol UpstreamListener: Sendable {
  /// The token under which the server reports this call's progress. The gateway's own: those of different clients may be equal.
  var progressToken: RequestID? { get }

  /// Equal for calls of the same client conversation. A server does not say to which call a question or a log message belongs, so these are passed on only
  /// while all calls in flight are of one conversation.
  var conversation: String { get }
  /// Log messages below it are not wanted; nil: none are. Servers of 2026-07-28 are told.
  var loggingLevel: LoggingLevel? { get }

  /// Whether the client chose that level.
  var isLevelSaid: Bool { get }
  /// What the client behind the call can be asked: JSON text of a capabilities object. Servers of 2026-07-28 are told with the call.
  var capabilities: [UInt8] { get }

  /// Headers that say which trace the call belongs to, for transports that have any.
  var traceFields: [(name: String, value: String)] { get }

  /// Progress of this call, or a log message while it runs.
  func notified(_ notification: MCP.Notification)

  /// Whether the client behind the call declared that it answers requests of this method.
  func answers(_ method: String) -> Bool

  /// The server asks the client. `answer` is called once, from any thread.
  /// - Returns: what withdraws the question.
  func asked(
    _ request: Request, answer: @escaping @Sendable (Result<RawJSON, RPCError>) -> Void
  ) -> @Sendable () -> Void

  /// How long the call may go on after something was heard of it.
  var timeout: TimeAmount { get }
  /// When it ends whatever is heard; also how long an answer of the client is waited for.
  var latest: NIODeadline { get }
}

extension UpstreamListener {
  package var loggingLevel: LoggingLevel? { nil }
  package var isLevelSaid: Bool { false }
  package var traceFields: [(name: String, value: String)] { [] }
  package var capabilities: [UInt8] { Array("{}".utf8) }
}
