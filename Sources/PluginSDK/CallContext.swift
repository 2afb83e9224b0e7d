internal import PluginABI

/// Whose call this is and how long it may take, lent for the time of one call.
public struct CallContext: ~Escapable {
  private let raw: smg_context

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ raw: smg_context, of owner: borrowing Owner) { self.raw = raw }

  @_lifetime(borrow pointer)
  init(_ pointer: UnsafePointer<smg_context>) { raw = pointer.pointee }

  /// False when the host's structure is smaller than this minor's; then nothing of it may be read.
  static func isReadable(_ pointer: UnsafePointer<smg_context>) -> Bool { Int(pointer.pointee.size) >= MemoryLayout<smg_context>.size }

  /// The host ends the call at this moment, whatever the plugin does.
  public var deadline: MonotonicTime { MonotonicTime(deadline: raw.deadline_ns) }
  public var requestID: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.request_id, of: self) } }
  /// W3C trace context; empty when the request is not traced.
  public var traceparent: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.traceparent, of: self) } }
  /// Opaque, the same for each call of one authenticated caller; empty before authentication.
  public var principal: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.principal, of: self) } }
  /// Opaque, the same for each call of one MCP session; equal to `principal` where the protocol has no sessions.
  public var session: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.session, of: self) } }
  public var projectID: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.project_id, of: self) } }
  public var userID: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.user_id, of: self) } }
  public var configID: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.config_id, of: self) } }

  /// A copy that may be kept.
  public var copy: Copy {
    Copy(
      deadline: deadline, requestID: requestID.string, traceparent: traceparent.string, principal: principal.string,
      session: session.string, projectID: projectID.string, userID: userID.string, configID: configID.string)
  }

  /// The same, owned.
  public struct Copy: Sendable {
    public var deadline: MonotonicTime
    public var requestID: String
    public var traceparent: String
    public var principal: String
    public var session: String
    public var projectID: String
    public var userID: String
    public var configID: String
  }
}
