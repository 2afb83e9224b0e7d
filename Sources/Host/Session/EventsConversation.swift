internal import MCP
internal import NIOCore
internal import Synchronization

/// A client over HTTP+SSE (2024-11-05): its messages are posted to a path with the conversation's id, and everything for it is on one event stream. Both end
/// together. The id is no credential: it is found only by the principal that opened it. Usable from any thread.
final class EventsConversation: Sendable {
  /// 128 random bits.
  let id = RandomID.hex128()
  let principal: String
  let view: ServerView
  let stream: EventStream
  private let state = Mutex<(isClaimed: Bool, session: Session?)>((false, nil))

  init(principal: String, view: ServerView, stream: EventStream) {
    self.principal = principal
    self.view = view
    self.stream = stream
  }

  /// Begun by `initialize`.
  var session: Session? { state.withLock { $0.session } }

  /// Makes the session, of which there is only one.
  /// - Throws: what `make` does, and then another attempt is welcome; or that there is a session already.
  func begin(_ make: () throws(RPCError) -> Session) throws(RPCError) -> Session {
    let isFirst = state.withLock { state in
      defer { state.isClaimed = true }
      return !state.isClaimed
    }
    guard isFirst else { throw .invalidRequest("initialize may come only once") }
    do throws(RPCError) {
      let session = try make()
      state.withLock { $0.session = session }
      return session
    } catch {
      state.withLock { $0.isClaimed = false }
      throw error
    }
  }
}

/// The open conversations over HTTP+SSE, as many as there may be sessions.
final class EventsConversations: Sendable {
  private let open = Mutex<[String: EventsConversation]>([:])
  private let limit: Int
  private let sessions: SessionStore

  init(limit: Int, sessions: SessionStore) {
    self.limit = limit
    self.sessions = sessions
  }

  /// A conversation that ends with its stream, and with whatever ends its session; and that has to be begun within ``Limits/Session/beginTimeout``.
  /// - Returns: nil when there are too many.
  func begin(principal: String, view: ServerView, on eventLoop: any EventLoop) -> EventsConversation? {
    let stream = EventStream(name: nil)
    let conversation = EventsConversation(principal: principal, view: view, stream: stream)
    let id = conversation.id
    stream.whenDetached { self.end(id) }
    let isOpen = open.withLock { open in
      guard open.count < limit else { return false }
      open[id] = conversation
      return true
    }
    guard isOpen else { return nil }
    eventLoop.scheduleTask(in: Limits.Session.beginTimeout) { [weak conversation] in
      if let conversation, conversation.session == nil { self.end(conversation.id) }
    }
    return conversation
  }

  func find(_ id: String, principal: String, view: ServerView) -> EventsConversation? {
    guard let found = open.withLock({ $0[id] }), found.principal == principal, found.view == view else { return nil }
    return found
  }

  func end(_ id: String) {
    guard let ended = open.withLock({ $0.removeValue(forKey: id) }) else { return }
    if let session = ended.session { _ = sessions.close(session.id, principal: ended.principal, view: ended.view) }
    ended.stream.end()
  }
}

/// Every message is an event of the one stream, the answer like any other.
struct EventsChannel: ClientChannel {
  let stream: EventStream

  func send(_ message: [UInt8]) { stream.send(message) }
  func sendApart(_ message: [UInt8]) { stream.send(message) }
  func finish(_ message: [UInt8]) -> Bool { false }
}
