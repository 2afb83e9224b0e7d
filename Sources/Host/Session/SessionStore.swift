package import JSON
package import MCP
package import NIOCore
internal import Synchronization

/// The open sessions: bounded in number, expiring when idle.
package final class SessionStore: Sendable {
  private let sessions = Mutex<[String: Session]>([:])
  private let maxSessions: Int
  private let idleExpiry: TimeAmount
  /// Told the ids of sessions that ended, however they did.
  private let onEnd: @Sendable (String) -> Void

  package init(maxSessions: Int, idleExpiry: TimeAmount, onEnd: @escaping @Sendable (String) -> Void) {
    self.maxSessions = maxSessions
    self.idleExpiry = idleExpiry
    self.onEnd = onEnd
  }

  package var count: Int { sessions.withLock { $0.count } }

  /// A new session. When there are too many, the principal's own longest idle one makes room; somebody else's never does.
  /// - Returns: nil when there is no room and the principal has none to give.
  package func open(
    principal: String, revision: Revision, view: ServerView = .all, clientCapabilities: RawJSON?, standalone: EventStream? = nil,
    now: NIODeadline = .now()
  ) -> Session? {
    let session = Session(
      principal: principal, revision: revision, view: view, clientCapabilities: clientCapabilities, standalone: standalone, now: now)
    var ended: Session?
    let isOpen = sessions.withLock { sessions in
      if sessions.count >= maxSessions {
        let own = sessions.values.filter { $0.principal == principal }
        guard let oldest = own.min(by: { $0.idleSince(now) < $1.idleSince(now) }) else { return false }
        sessions[oldest.id] = nil
        ended = oldest
      }
      sessions[session.id] = session
      return true
    }
    if let ended { didEnd(ended) }
    return isOpen ? session : nil
  }

  /// The session with that id if this principal opened it in this view and it is not idle for too long. Another principal's id is unknown.
  package func find(_ id: String, principal: String, view: ServerView = .all, now: NIODeadline = .now()) -> Session? {
    guard let session = sessions.withLock({ $0[id] }), session.principal == principal, session.view == view else { return nil }
    guard session.idleSince(now) + idleExpiry > now else {
      end(id)
      return nil
    }
    session.touch(now)
    return session
  }

  /// - Returns: whether there was such a session of this principal.
  package func close(_ id: String, principal: String, view: ServerView = .all) -> Bool {
    guard find(id, principal: principal, view: view) != nil else { return false }
    return end(id)
  }

  /// Ends what has been idle too long. Called at intervals, so that abandoned sessions cost nothing.
  package func expireIdle(now: NIODeadline = .now()) {
    let expired = sessions.withLock { sessions in
      let expired = sessions.values.filter { $0.idleSince(now) + idleExpiry <= now }
      for session in expired { sessions[session.id] = nil }
      return expired
    }
    expired.forEach(didEnd)
  }

  @discardableResult private func end(_ id: String) -> Bool {
    guard let session = sessions.withLock({ $0.removeValue(forKey: id) }) else { return false }
    didEnd(session)
    return true
  }

  private func didEnd(_ session: Session) {
    session.end()
    onEnd(session.id)
  }

  /// The sessions of a principal, in no particular order.
  package func sessions(of principal: String) -> [Session] { sessions.withLock { $0.values.filter { $0.principal == principal } } }
}
