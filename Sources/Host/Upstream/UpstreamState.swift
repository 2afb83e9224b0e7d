package import NIOCore

/// One child, or the memory of one, for status output.
package struct UpstreamState: Sendable, Equatable {
  package enum Phase: String, Sendable {
    case starting, ready
    /// The last child failed; the next call may have to wait for the pause to be over.
    case failed
  }

  package var configID: String
  package var server: String
  package var principal: String?
  package var session: String?
  package var phase: Phase
  /// Of the command.
  package var pid: Int32?
  package var supervisorPID: Int32?
  package var inFlight: Int
  /// Children started after the first one.
  package var restarts: Int
  /// Why the last child failed.
  package var lastError: UpstreamError?
  /// Until when a failed server is left alone.
  package var retryAt: NIODeadline?
  /// The entry has changed or the session has ended: the child finishes its calls and is then ended.
  package var isRetired: Bool
  /// Of MCP, as agreed with the server; nil while there is no conversation.
  package var revision: String?
}
