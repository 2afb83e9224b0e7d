/// A compiled regular expression that is matched in time proportional to text times pattern, whatever either holds: all possible states advance
/// together, one character at a time, and nothing is ever tried twice (Thompson's construction).
struct Pattern: Sendable {
  enum Instruction: Sendable {
    case consume(ScalarSet)
    case assert(PatternAssertion)
    case jump(Int)
    case split(Int, Int)
    case accept
  }

  let program: [Instruction]

  /// Counted repeats are written out, so they need a bound.
  static let largestProgram = 10_000

  init(_ source: String) throws(PatternError) {
    var builder = Builder()
    try builder.append(PatternParser.parse(source))
    program = builder.program + [.accept]
  }

  private struct Builder {
    var program: [Instruction] = []

    mutating func append(_ node: PatternNode) throws(PatternError) {
      guard program.count < Pattern.largestProgram else { throw PatternError(description: "pattern too large") }
      switch node {
      case .empty: break
      case .scalars(let set): program.append(.consume(set))
      case .assertion(let assertion): program.append(.assert(assertion))
      case .sequence(let terms):
        for term in terms { try append(term) }
      case .alternatives(let alternatives): try appendAlternatives(alternatives[...])
      case .repeated(let body, let least, let most): try appendRepeat(of: body, least: least, most: most)
      }
    }

    private mutating func appendAlternatives(_ alternatives: ArraySlice<PatternNode>) throws(PatternError) {
      var jumps: [Int] = []
      for (position, alternative) in alternatives.enumerated() {
        let split = program.count
        let isLast = position == alternatives.count - 1
        if !isLast { program.append(.split(0, 0)) }
        try append(alternative)
        guard !isLast else { break }
        jumps.append(program.count)
        program.append(.jump(0))
        program[split] = .split(split + 1, program.count)
      }
      for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func appendRepeat(of body: PatternNode, least: Int, most: Int?) throws(PatternError) {
      for _ in 0..<least { try append(body) }
      guard let most else {
        let split = program.count
        program.append(.split(0, 0))
        try append(body)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
        return
      }
      var splits: [Int] = []
      for _ in least..<most {
        splits.append(program.count)
        program.append(.split(0, 0))
        try append(body)
      }
      for split in splits { program[split] = .split(split + 1, program.count) }
    }
  }
}
