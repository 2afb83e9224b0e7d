internal import MCP
internal import NIOCore

/// Calls sent to one child and not answered yet, under the ids that this connection gave them. Many clients count their ids from
/// zero; on the way to a shared child each call gets a number of its own.
struct PendingCalls<Waiter> {
  fileprivate struct Call {
    let waiter: Waiter
    var deadline: NIODeadline
    let position: Int
    let listener: (any UpstreamListener)?
  }

  private var calls: [Int: Call] = [:]
  /// The calls that report progress, by their tokens.
  private var tokens: [RequestID: Int] = [:]
  private var lastID = StdioOpening.lastID

  var count: Int { calls.count }

  /// Nil if nothing waits. Linear in the number of calls: asked for when a timer fires, not for each call.
  var earliestDeadline: NIODeadline? { calls.values.lazy.map(\.deadline).min() }

  /// Ids count on from those with which a conversation begins, and are never used twice on a connection.
  /// - Parameter position: where the call begins in what is sent to the child, in bytes.
  mutating func add(_ waiter: Waiter, deadline: NIODeadline, position: Int = 0, listener: (any UpstreamListener)? = nil) -> Int {
    lastID += 1
    calls[lastID] = Call(waiter: waiter, deadline: deadline, position: position, listener: listener)
    if let token = listener?.progressToken { tokens[token] = lastID }
    return lastID
  }

  mutating func remove(_ id: Int) -> Waiter? {
    guard let call = calls.removeValue(forKey: id) else { return nil }
    if let token = call.listener?.progressToken { tokens[token] = nil }
    return call.waiter
  }

  // MARK: Listeners

  func listener(reportingAs token: RequestID) -> (any UpstreamListener)? { tokens[token].flatMap { calls[$0]?.listener } }

  func listener(of id: Int) -> (any UpstreamListener)? { calls[id]?.listener }

  /// The latest call, if the calls in flight all belong to one conversation.
  var latestOfOneConversation: (id: Int, listener: any UpstreamListener)? { latestOfOneConversation(except: []) }

  /// The latest call that is none of these, if the calls in flight all belong to one conversation.
  func latestOfOneConversation(except tried: Set<Int>) -> (id: Int, listener: any UpstreamListener)? {
    guard let latest = calls.lazy.filter({ !tried.contains($0.key) }).max(by: { $0.key < $1.key }), let listener = latest.value.listener,
      calls.values.allSatisfy({ $0.listener?.conversation == listener.conversation })
    else { return nil }
    return (latest.key, listener)
  }

  // A timer that is set for an earlier time finds out when it fires.

  /// Something was heard of the call with this token: its time begins anew.
  mutating func heard(reportingAs token: RequestID, now: NIODeadline) {
    if let id = tokens[token] { heard(id, now: now) }
  }

  mutating func heard(_ id: Int, now: NIODeadline) {
    guard let listener = calls[id]?.listener else { return }
    calls[id]?.deadline = min(now + listener.timeout, listener.latest)
  }

  /// The client of the call is asked: the call's time rests.
  mutating func rest(_ id: Int) {
    guard let listener = calls[id]?.listener else { return }
    calls[id]?.deadline = listener.latest
  }

  /// The client is asked for one of the calls, and nobody says for which: the time of each rests.
  mutating func restAll() { for id in calls.keys { rest(id) } }

  /// The client has answered for one of the calls: the time of each begins anew.
  mutating func heardAll(now: NIODeadline) { for id in calls.keys { heard(id, now: now) } }

  func contains(_ id: Int) -> Bool { calls[id] != nil }

  func expired(at now: NIODeadline) -> [Int] { calls.filter { $0.value.deadline <= now }.map(\.key) }

  mutating func removeExpired(at now: NIODeadline) -> [(id: Int, waiter: Waiter)] {
    let expired = calls.filter { $0.value.deadline <= now }
    for id in expired.keys { _ = remove(id) }
    return expired.map { ($0.key, $0.value.waiter) }
  }

  /// Removes the calls of which no byte lies before `position`.
  mutating func removeAll(from position: Int) -> [Waiter] {
    calls.filter { $0.value.position >= position }.keys.compactMap { remove($0) }
  }

  mutating func removeAll() -> [Waiter] {
    defer {
      calls.removeAll()
      tokens.removeAll()
    }
    return calls.values.map(\.waiter)
  }
}

extension PendingCalls: Sendable where Waiter: Sendable {}
extension PendingCalls.Call: Sendable where Waiter: Sendable {}
