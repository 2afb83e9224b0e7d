extension Pattern {
  /// Whether the pattern matches anywhere in the text.
  ///
  /// - Parameter steps: what may still be spent; one is taken for each state and character, and at least one a character.
  /// - Returns: nil when `steps` ran out.
  func matches(_ text: String, steps: inout Int) -> Bool? {
    steps -= program.count / 8
    var match = PatternMatch(program: program)
    return match.run(text.unicodeScalars, steps: &steps)
  }
}

/// The states that a pattern may be in after the text so far.
private struct PatternMatch {
  let program: [Pattern.Instruction]
  /// Instructions that consume, waiting for the next character.
  private var waiting: [Int] = []
  private var pending: [Int] = []
  /// The generation in which an instruction was last reached.
  private var reached: [Int]
  private var generation = 0

  init(program: [Pattern.Instruction]) {
    self.program = program
    reached = Array(repeating: -1, count: program.count)
  }

  mutating func run(_ text: String.UnicodeScalarView, steps: inout Int) -> Bool? {
    var previous: UInt32?
    var iterator = text.makeIterator()
    var current = iterator.next()?.value
    while true {
      // A match may start at every place, so the first instruction is always reached.
      if follow([0], between: previous, and: current, steps: &steps) { return true }
      guard steps > 0 else { return nil }
      guard let scalar = current else { return false }
      let candidates = waiting
      waiting.removeAll(keepingCapacity: true)
      generation += 1
      let next = iterator.next()?.value
      steps -= candidates.count + 1
      let continued = candidates.filter { consumes($0, scalar) }.map { $0 + 1 }
      if follow(continued, between: scalar, and: next, steps: &steps) { return true }
      previous = scalar
      current = next
    }
  }

  private func consumes(_ index: Int, _ scalar: UInt32) -> Bool {
    guard case .consume(let set) = program[index] else { return false }
    return set.contains(scalar)
  }

  /// Everything that can be reached from `starts` without a character. True when that is acceptance.
  private mutating func follow(_ starts: [Int], between previous: UInt32?, and next: UInt32?, steps: inout Int) -> Bool {
    pending.append(contentsOf: starts)
    while let index = pending.popLast() {
      guard reached[index] != generation else { continue }
      reached[index] = generation
      steps -= 1
      switch program[index] {
      case .accept:
        pending.removeAll()
        return true
      case .consume: waiting.append(index)
      case .jump(let target): pending.append(target)
      case .split(let one, let other):
        pending.append(other)
        pending.append(one)
      case .assert(let assertion):
        if holds(assertion, between: previous, and: next) { pending.append(index + 1) }
      }
    }
    return false
  }

  private func holds(_ assertion: PatternAssertion, between previous: UInt32?, and next: UInt32?) -> Bool {
    let isBoundary = isWordCharacter(previous) != isWordCharacter(next)
    return switch assertion {
    case .start: previous == nil
    case .end: next == nil
    case .wordBoundary: isBoundary
    case .noWordBoundary: !isBoundary
    }
  }

  private func isWordCharacter(_ scalar: UInt32?) -> Bool { scalar.map(ScalarSet.wordCharacters.contains) ?? false }
}
