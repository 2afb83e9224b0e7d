/// A pattern as a tree.
indirect enum PatternNode: Sendable {
  case empty
  case scalars(ScalarSet)
  case assertion(PatternAssertion)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  /// `most` nil: without end.
  case repeated(PatternNode, least: Int, most: Int?)

  var isEmpty: Bool {
    if case .empty = self { true } else { false }
  }
}

/// What a place in the text must be, without matching any of it.
enum PatternAssertion: Sendable {
  case start, end, wordBoundary, noWordBoundary
}

/// Why a pattern is refused.
struct PatternError: Error, CustomStringConvertible {
  let description: String
}
