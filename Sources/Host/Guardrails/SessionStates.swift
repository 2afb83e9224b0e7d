package import NIOCore
internal import Synchronization

/// What guardrails keep of conversations (`session_state`): one state for each conversation and binding, changed only by who knows the one before. Bounded in size
/// and number, so that no principal takes another's room; overwritten with zeros when it goes.
package final class SessionStates: Sendable {
  /// Whose conversation it is. Nothing passes from one to another.
  package struct Conversation: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
      /// A legacy session, by its id; ends with it.
      case session(String)
      /// A client of a revision without sessions, as far as it can be told from others.
      case client(String)
    }
    package let principal: String
    package let configID: String
    package let place: Place

    package init(principal: String, configID: String, place: Place) {
      self.principal = principal
      self.configID = configID
      self.place = place
    }
  }

  package struct Key: Sendable, Hashable {
    package let conversation: Conversation
    package let binding: String

    package init(_ conversation: Conversation, binding: String) {
      self.conversation = conversation
      self.binding = binding
    }
  }

  /// Bounds, in bytes and states.
  package struct Bounds: Sendable {
    package var maxStates = Limits.Guardrails.maxStates
    package var maxBytes = Limits.Guardrails.maxStateBytes
    package var maxStatesPerPrincipal = Limits.Guardrails.maxStatesPerPrincipal
    package var maxBytesPerPrincipal = Limits.Guardrails.maxStateBytesPerPrincipal
    package init() {}
  }

  package enum Replacement: Sendable {
    case done
    /// Another check has put a state there meanwhile.
    case overtaken
    /// There is no room; the sentence says which bound is reached.
    case full(String)
  }

  private struct Entry {
    var bytes: StateBytes
    var lastUse: NIODeadline
  }

  private struct Room {
    var states = 0
    var bytes = 0
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var all = Room()
    var principals: [String: Room] = [:]
    /// Checks of one state that stand in line, because one of them was overtaken, and how many they are.
    var lines: [Key: (turns: Turns, count: Int)] = [:]
  }

  private let state = Mutex(State())
  private let bounds: Bounds
  private let idleExpiry: TimeAmount

  /// - Parameter idleExpiry: of conversations without a session; sessions say themselves when they end.
  package init(bounds: Bounds = Bounds(), idleExpiry: TimeAmount = Limits.Session.idleExpiry) {
    self.bounds = bounds
    self.idleExpiry = idleExpiry
  }

  package var count: Int { state.withLock { $0.entries.count } }
  package var byteCount: Int { state.withLock { $0.all.bytes } }

  /// The state that is kept; nil: none.
  package func find(_ key: Key, now: NIODeadline = .now()) -> StateBytes? {
    state.withLock { state in
      guard !state.entries.isEmpty, let entry = state.entries[key] else { return nil }
      guard !isIdle(key, entry, now) else {
        Self.remove(key, from: &state)
        return nil
      }
      state.entries[key]?.lastUse = now
      return entry.bytes
    }
  }

  /// Puts `new` in the place of `known`. What is too much for its principal or altogether makes the principal's own longest unused states go, nobody else's.
  package func replace(_ known: StateBytes?, by new: StateBytes, for key: Key, now: NIODeadline = .now()) -> Replacement {
    state.withLock { state in
      guard state.entries[key]?.bytes === known else { return .overtaken }
      guard new.count <= bounds.maxBytesPerPrincipal else { return .full("it is larger than all states of one caller may be") }
      Self.remove(key, from: &state)
      let principal = key.conversation.principal
      var others: [Key]?
      while let bound = reached(with: new.count, of: principal, state) {
        var unused = others ?? Self.byLastUse(of: principal, state)
        guard let oldest = unused.popLast() else {
          // What was there stays: the check that wanted to replace it has failed.
          if let known { Self.add(key, Entry(bytes: known, lastUse: now), to: &state) }
          return .full(bound)
        }
        Self.remove(oldest, from: &state)
        others = unused
      }
      Self.add(key, Entry(bytes: new, lastUse: now), to: &state)
      return .done
    }
  }

  /// The longest unused last.
  private static func byLastUse(of principal: String, _ state: State) -> [Key] {
    state.entries.filter { $0.key.conversation.principal == principal }.sorted { $0.value.lastUse > $1.value.lastUse }.map(\.key)
  }

  private func reached(with bytes: Int, of principal: String, _ state: State) -> String? {
    let own = state.principals[principal] ?? Room()
    if own.states >= bounds.maxStatesPerPrincipal || own.bytes + bytes > bounds.maxBytesPerPrincipal {
      return "the caller's sessions keep too much already"
    }
    if state.all.states >= bounds.maxStates || state.all.bytes + bytes > bounds.maxBytes { return "all sessions together keep too much" }
    return nil
  }

  // MARK: Lines

  /// Joins the line of checks that want to change this state, when there is one.
  /// - Parameter opens: begins one when there is none.
  func line(for key: Key, opens: Bool) -> Turns? {
    state.withLock { state in
      if let line = state.lines[key] {
        state.lines[key]?.count = line.count + 1
        return line.turns
      }
      guard opens else { return nil }
      let turns = Turns()
      state.lines[key] = (turns, 1)
      return turns
    }
  }

  func leaveLine(for key: Key) {
    state.withLock { state in
      guard let line = state.lines[key] else { return }
      state.lines[key] = line.count > 1 ? (line.turns, line.count - 1) : nil
    }
  }

  // MARK: The end

  package func end(session id: String) { removeAll { key, _ in key.conversation.place == .session(id) } }

  package func expireIdle(now: NIODeadline = .now()) { removeAll { isIdle($0, $1, now) } }

  private func removeAll(where isOver: (Key, Entry) -> Bool) {
    state.withLock { state in
      guard !state.entries.isEmpty else { return }
      for key in state.entries.filter({ isOver($0.key, $0.value) }).keys { Self.remove(key, from: &state) }
    }
  }

  /// A session's own end comes first; a state that a last check left behind afterwards goes all the same.
  private func isIdle(_ key: Key, _ entry: Entry, _ now: NIODeadline) -> Bool {
    switch key.conversation.place {
    case .client: entry.lastUse + idleExpiry <= now
    case .session: entry.lastUse + Limits.Guardrails.sessionStateExpiry <= now
    }
  }

  // MARK: Parts

  private static func add(_ key: Key, _ entry: Entry, to state: inout State) {
    state.entries[key] = entry
    count(1, entry.bytes.count, key, &state)
  }

  private static func remove(_ key: Key, from state: inout State) {
    guard let entry = state.entries.removeValue(forKey: key) else { return }
    count(-1, -entry.bytes.count, key, &state)
  }

  private static func count(_ states: Int, _ bytes: Int, _ key: Key, _ state: inout State) {
    state.all.states += states
    state.all.bytes += bytes
    let principal = key.conversation.principal
    var own = state.principals[principal] ?? Room()
    own.states += states
    own.bytes += bytes
    state.principals[principal] = own.states > 0 ? own : nil
  }
}
