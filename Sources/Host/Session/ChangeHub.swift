package import MCP
package import NIOCore
internal import Synchronization

/// Tells clients that the lists they see have changed: the merged lists of the gateway, not what single servers say. Several changes in a moment are told
/// once. Usable from any thread.
package final class ChangeHub: Sendable {
  /// Who is told of what.
  struct Audience: Sendable {
    /// Whose member the client is: with it the configuration may change.
    let projectID: String
    var configID: String
    let view: ServerView
    let wants: Set<ListChange>
    let deliver: @Sendable (ListChange) -> Void
    /// No further change will be told.
    let onEnd: @Sendable () -> Void
  }

  /// What changed: a list of one server of one configuration, or of all.
  private struct Change: Hashable {
    let list: ListChange
    let configID: String?
    let server: String?
  }
  private struct State {
    var audiences: [Int: Audience] = [:]
    var last = 0
    var waiting: Set<Change> = []
    /// Audiences that see another configuration than before.
    var moved: Set<Int> = []
    var isEnded = false
  }
  private let state = Mutex(State())
  private let eventLoop: any EventLoop

  package init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// - Returns: what to leave with; nil once the hub has ended.
  func add(_ audience: Audience) -> Int? {
    state.withLock { state in
      guard !state.isEnded else { return nil }
      state.last += 1
      state.audiences[state.last] = audience
      return state.last
    }
  }

  func remove(_ number: Int) { state.withLock { _ = $0.audiences.removeValue(forKey: number) } }

  /// - Parameters:
  ///   - configID: whose servers; nil: every configuration may have changed.
  ///   - server: nil: all of them.
  package func changed(_ lists: Set<ListChange>, configID: String?, server: String?) {
    plan { state in for list in lists { state.waiting.insert(Change(list: list, configID: configID, server: server)) } }
  }

  /// Which configuration each project has now. Who sees another one than before is told that every list has changed.
  func assign(_ configIDs: [String: String]) {
    plan { state in
      for (number, audience) in state.audiences {
        guard let configID = configIDs[audience.projectID], configID != audience.configID else { continue }
        state.audiences[number]?.configID = configID
        state.moved.insert(number)
      }
    }
  }

  private func plan(_ change: (inout State) -> Void) {
    let isFirst = state.withLock { state in
      let wasIdle = state.waiting.isEmpty && state.moved.isEmpty
      change(&state)
      return wasIdle && !(state.waiting.isEmpty && state.moved.isEmpty)
    }
    if isFirst { eventLoop.scheduleTask(in: Limits.Session.changeDelay) { self.tell() } }
  }

  private func tell() {
    let (changes, moved, audiences) = state.withLock { state in
      defer { (state.waiting, state.moved) = ([], []) }
      return (state.waiting, state.moved, state.audiences.sorted { $0.key < $1.key })
    }
    for (number, audience) in audiences {
      let concerned = moved.contains(number) ? audience.wants : Set(changes.filter { Self.concerns($0, audience) }.map(\.list))
      for list in ListChange.allCases where concerned.contains(list) { audience.deliver(list) }
    }
  }

  private static func concerns(_ change: Change, _ audience: Audience) -> Bool {
    guard audience.wants.contains(change.list), change.configID == nil || change.configID == audience.configID else { return false }
    guard let server = change.server, case .server(let seen) = audience.view else { return true }
    return seen == server
  }

  /// Ends every subscription: the gateway stops.
  func endAll() {
    let audiences = state.withLock { state in
      state.isEnded = true
      defer { state.audiences = [:] }
      return Array(state.audiences.values)
    }
    for audience in audiences { audience.onEnd() }
  }
}
