internal import Synchronization

/// Bytes of request bodies held in memory at once, over all connections.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  func take(_ count: Int) -> Bool {
    guard used.add(count, ordering: .relaxed).newValue <= limit else {
      used.subtract(count, ordering: .relaxed)
      return false
    }
    return true
  }

  func giveBack(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}
