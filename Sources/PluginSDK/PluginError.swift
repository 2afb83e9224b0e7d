/// Why a provider could not do what it was asked. The message reaches the operator's log, never an MCP client; it holds no secret.
public struct PluginError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `SMG_E_*`, without those that say "no" (a result, see `AuthDecision` and `Verdict`) and without what only the host answers.
  public enum Status: Int32, Sendable {
    case invalid = 1
    case unsupported = 2
    case notFound = 5
    case timeout = 6
    case cancelled = 7
    /// A dependency is down or a queue is full; trying again may help.
    case unavailable = 8
    case `internal` = 9
  }

  public var status: Status
  public var message: String
  /// When trying again may help; 0 = unknown.
  public var retryAfterMilliseconds: UInt32

  public init(_ status: Status, _ message: String, retryAfterMilliseconds: UInt32 = 0) {
    self.status = status
    self.message = message
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  /// The configuration or an argument is wrong.
  public static func invalid(_ message: String) -> PluginError { PluginError(.invalid, message) }
  public static func unavailable(_ message: String) -> PluginError { PluginError(.unavailable, message) }
  public static func `internal`(_ message: String) -> PluginError { PluginError(.internal, message) }

  public var description: String { message }

  /// Any error as one of these: its own status if it has one, else `status`.
  init(_ error: any Error, otherwise status: Status) {
    if let error = error as? PluginError {
      self = error
    } else if error is CancellationError {
      self.init(.cancelled, "cancelled")
    } else {
      self.init(status, String(describing: error))
    }
  }
}
