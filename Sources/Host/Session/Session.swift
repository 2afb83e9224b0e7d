package import JSON
package import MCP
package import NIOCore
internal import Synchronization

/// One conversation of a legacy client (2025-03-26 to 2025-11-25). Its id is no credential: it is found only by the principal that opened it.
package final class Session: Sendable {
  /// 128 random bits, visible ASCII.
  package let id: String
  package let principal: String
  package let revision: Revision
  /// What the client can do, as it said in `initialize`.
  package let clientCapabilities: RawJSON?
  private let lastUse: Mutex<NIODeadline>

  package init(principal: String, revision: Revision, clientCapabilities: RawJSON?, now: NIODeadline) {
    id = RandomID.hex128()
    self.principal = principal
    self.revision = revision
    self.clientCapabilities = clientCapabilities
    lastUse = Mutex(now)
  }

  package func touch(_ now: NIODeadline) { lastUse.withLock { $0 = now } }
  package var idleSince: NIODeadline { lastUse.withLock { $0 } }
}
