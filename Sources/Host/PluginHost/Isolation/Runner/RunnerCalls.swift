/// The calls that a plugin's process knows: which may still be completed, and which threads are inside. Pure.
struct RunnerCalls {
  private var open: [UInt64: WireExpectation] = [:]
  /// Not returned yet; true once the plugin has been entered.
  private var inside: [UInt64: Bool] = [:]
  /// Over for the gateway, which waits to hear that nobody is inside.
  private var ended: Set<UInt64> = []

  var openCount: Int { open.count }

  mutating func begin(_ call: UInt64, _ expected: WireExpectation) {
    open[call] = expected
    inside[call] = false
  }

  func isOpen(_ call: UInt64) -> Bool { open[call] != nil }

  /// - Returns: false when it is over already: the operation is not run, and has left.
  mutating func enter(_ call: UInt64) -> Bool {
    guard open[call] != nil else {
      inside[call] = nil
      ended.remove(call)
      return false
    }
    inside[call] = true
    return true
  }

  /// - Returns: whether the gateway waits to hear of it.
  mutating func leave(_ call: UInt64) -> Bool {
    inside[call] = nil
    return ended.remove(call) != nil
  }

  /// The plugin answers.
  /// - Returns: nil when there is nothing to be answered any more.
  mutating func complete(_ call: UInt64) -> WireExpectation? { open.removeValue(forKey: call) }

  /// The gateway has ended a call.
  /// - Returns: whether the plugin is to be told, and whether nobody is inside.
  mutating func cancel(_ call: UInt64) -> (tells: Bool, hasLeft: Bool) {
    let wasOpen = open.removeValue(forKey: call) != nil
    guard let isEntered = inside[call] else { return (wasOpen, true) }
    // One that waits for its turn never gets it.
    guard isEntered else { return (false, true) }
    ended.insert(call)
    return (wasOpen, false)
  }
}
