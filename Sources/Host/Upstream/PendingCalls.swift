internal import NIOCore

/// Calls sent to one child and not answered yet, under the ids that this connection gave them. Many clients count their ids from
/// zero; on the way to a shared child each call gets a number of its own.
struct PendingCalls<Waiter> {
  private struct Call {
    let waiter: Waiter
    let deadline: NIODeadline
  }

  private var calls: [Int: Call] = [:]
  private var lastID = 0

  var count: Int { calls.count }

  /// Nil if nothing waits. Linear in the number of calls: asked for when a timer fires, not for each call.
  var earliestDeadline: NIODeadline? { calls.values.lazy.map(\.deadline).min() }

  /// Ids count from 1 and are never used twice on a connection.
  mutating func add(_ waiter: Waiter, deadline: NIODeadline) -> Int {
    lastID += 1
    calls[lastID] = Call(waiter: waiter, deadline: deadline)
    return lastID
  }

  mutating func remove(_ id: Int) -> Waiter? { calls.removeValue(forKey: id)?.waiter }

  func contains(_ id: Int) -> Bool { calls[id] != nil }

  mutating func removeExpired(at now: NIODeadline) -> [(id: Int, waiter: Waiter)] {
    let expired = calls.filter { $0.value.deadline <= now }
    for id in expired.keys { calls.removeValue(forKey: id) }
    return expired.map { ($0.key, $0.value.waiter) }
  }

  mutating func removeAll() -> [Waiter] {
    defer { calls.removeAll() }
    return calls.values.map(\.waiter)
  }
}
