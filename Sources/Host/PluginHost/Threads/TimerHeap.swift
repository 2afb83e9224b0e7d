/// Names one entry of a `TimerHeap`; a token of an entry that is gone matches nothing.
struct TimerToken: Sendable, Hashable {
  fileprivate var slot: Int
  fileprivate var generation: UInt32
}

/// Deadlines in order, each removable in O(log n). Pure: whoever owns it decides what time it is.
struct TimerHeap<Action> {
  private struct Slot {
    var generation: UInt32 = 0
    var place = 0
    var action: Action?
  }
  private var heap: [(deadline: UInt64, slot: Int)] = []
  private var slots: [Slot] = []
  private var free: [Int] = []

  var count: Int { heap.count }
  var earliest: UInt64? { heap.first?.deadline }

  mutating func insert(at deadline: UInt64, _ action: Action) -> TimerToken {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = slots.count
      slots.append(Slot())
    }
    slots[slot].action = action
    slots[slot].place = heap.count
    heap.append((deadline, slot))
    siftUp(heap.count - 1)
    return TimerToken(slot: slot, generation: slots[slot].generation)
  }

  /// Takes the entry out; nil when it has fired or was removed before.
  mutating func remove(_ token: TimerToken) -> Action? {
    guard slots.indices.contains(token.slot), slots[token.slot].generation == token.generation, slots[token.slot].action != nil else {
      return nil
    }
    return take(slots[token.slot].place)
  }

  /// The earliest entry when it is due.
  mutating func popDue(now: UInt64) -> Action? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    return take(0)
  }

  private mutating func take(_ place: Int) -> Action? {
    let slot = heap[place].slot
    let last = heap.count - 1
    if place != last { swap(place, last) }
    heap.removeLast()
    if place < heap.count {
      siftUp(place)
      siftDown(place)
    }
    let action = slots[slot].action
    slots[slot].action = nil
    slots[slot].generation &+= 1
    free.append(slot)
    return action
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    heap.swapAt(a, b)
    slots[heap[a].slot].place = a
    slots[heap[b].slot].place = b
  }

  private mutating func siftUp(_ start: Int) {
    var place = start
    while place > 0, heap[place].deadline < heap[(place - 1) / 2].deadline {
      swap(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].deadline < heap[least].deadline { least = child }
      if least == place { return }
      swap(place, least)
      place = least
    }
  }
}
