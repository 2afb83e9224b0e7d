internal import NIOCore

/// Points in time in their order: a binary heap.
struct DeadlineQueue {
  private var heap: [(at: NIODeadline, id: UInt64)] = []

  var next: NIODeadline? { heap.first?.at }

  mutating func insert(_ id: UInt64, at deadline: NIODeadline) {
    heap.append((deadline, id))
    var child = heap.count - 1
    while child > 0, heap[child].at < heap[(child - 1) / 2].at {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest entry, if its time has come.
  mutating func popDue(_ now: NIODeadline) -> (at: NIODeadline, id: UInt64)? {
    guard let first = heap.first, first.at <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let smallest = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }.min { heap[$0].at < heap[$1].at }
      guard let smallest, heap[smallest].at < heap[parent].at else { return first }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
