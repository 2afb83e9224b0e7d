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
  /// Which servers it was opened for; it does not exist in any other view.
  package let view: ServerView
  /// What the client can do, as it said in `initialize`.
  package let clientCapabilities: RawJSON?
  /// What belongs to no request in flight; carried by the client's GET stream. Over HTTP+SSE it carries everything.
  package let standalone: EventStream
  /// Questions to the client that wait for its answer.
  package let questions = ClientQuestions()
  private let state: Mutex<State>

  private struct State {
    var lastUse: NIODeadline
    /// The least severe messages that the client wants; all until it says so.
    var loggingLevel = LoggingLevel.debug
    var isLevelSaid = false
    /// What cancels a request in flight.
    var requests: [RequestID: @Sendable () -> Void] = [:]
    var streams: [Int: EventStream] = [:]
    var lastStream = 0
    /// The client has said `notifications/initialized`.
    var isInitialized = false
    /// What waits for that.
    var held: [String: @Sendable () -> Void] = [:]
    var isEnded = false
    var atEnd: [@Sendable () -> Void] = []
  }

  package init(
    principal: String, revision: Revision, view: ServerView = .all, clientCapabilities: RawJSON?, standalone: EventStream? = nil,
    now: NIODeadline
  ) {
    id = RandomID.hex128()
    self.view = view
    self.principal = principal
    self.revision = revision
    self.clientCapabilities = clientCapabilities
    self.standalone = standalone ?? EventStream(name: 0)
    state = Mutex(State(lastUse: now))
  }

  package func touch(_ now: NIODeadline) { state.withLock { $0.lastUse = now } }

  /// When the session was last used; `now` while it has a request in flight or an open GET stream.
  package func idleSince(_ now: NIODeadline) -> NIODeadline {
    if standalone.isCarried { return now }
    return state.withLock { $0.requests.isEmpty ? $0.lastUse : now }
  }

  package var loggingLevel: LoggingLevel {
    get { state.withLock { $0.loggingLevel } }
    set { state.withLock { ($0.loggingLevel, $0.isLevelSaid) = (newValue, true) } }
  }

  /// Whether the client chose that level.
  package var isLevelSaid: Bool { state.withLock { $0.isLevelSaid } }

  /// Does something once the session has ended; at once if it has.
  func atEnd(_ work: @escaping @Sendable () -> Void) {
    let isEnded = state.withLock { state in
      if !state.isEnded { state.atEnd.append(work) }
      return state.isEnded
    }
    if isEnded { work() }
  }

  // MARK: The beginning

  /// Before `notifications/initialized` a client is asked nothing, and told nothing that no request of its own led to (MCP lifecycle, "Initialization").
  package var isInitialized: Bool { state.withLock { $0.isInitialized } }

  package func initialized() {
    let held = state.withLock { state in
      state.isInitialized = true
      defer { state.held = [:] }
      return state.held.sorted { $0.key < $1.key }.map(\.value)
    }
    for work in held { work() }
  }

  /// Does something once the client is initialized; at once if it is. Of several things with the same name that wait, the last is done.
  func whenInitialized(_ name: String, _ work: @escaping @Sendable () -> Void) {
    let isInitialized = state.withLock { state in
      if !state.isInitialized, !state.isEnded { state.held[name] = work }
      return state.isInitialized
    }
    if isInitialized { work() }
  }

  // MARK: Requests

  package var requestsUnderWay: Int { state.withLock { $0.requests.count } }

  /// - Parameter cancel: ends the request, from any thread.
  /// - Returns: false when a request with this id is in flight already, or the session has ended.
  package func begin(_ id: RequestID, cancel: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      guard !state.isEnded, state.requests[id] == nil else { return false }
      state.requests[id] = cancel
      return true
    }
  }

  package func finish(_ id: RequestID) { state.withLock { _ = $0.requests.removeValue(forKey: id) } }

  /// `notifications/cancelled`: nothing happens when the request is over.
  package func cancel(_ id: RequestID) { state.withLock { $0.requests[id] }?() }

  // MARK: Streams

  /// A stream for the messages of one request. An old one that has ended is forgotten when there are too many.
  package func openStream() -> EventStream {
    state.withLock { state in
      state.lastStream += 1
      let stream = EventStream(name: state.lastStream)
      state.streams[state.lastStream] = stream
      if state.streams.count > Limits.Session.maxStreams {
        let oldest = state.streams.filter { $0.value.isEnded }.keys.min() ?? state.streams.keys.min()
        if let oldest { state.streams[oldest] = nil }
      }
      return stream
    }
  }

  /// The stream of that number; 0 is the standalone one.
  package func stream(_ number: Int) -> EventStream? { number == 0 ? standalone : state.withLock { $0.streams[number] } }

  /// Cancels what is in flight and ends every stream.
  func end() {
    let (requests, streams, atEnd) = state.withLock { state in
      state.isEnded = true
      defer { (state.requests, state.streams, state.atEnd, state.held) = ([:], [:], [], [:]) }
      return (Array(state.requests.values), Array(state.streams.values), state.atEnd)
    }
    for work in atEnd { work() }
    for cancel in requests { cancel() }
    for stream in streams { stream.end() }
    standalone.end()
    questions.failAll()
  }
}
