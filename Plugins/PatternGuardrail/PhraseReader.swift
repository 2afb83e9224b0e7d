/// Follows all rules at once through a sequence of words.
///
/// For each element of a rule it keeps the last word at which that element may still stand and where the phrase began. A later beginning
/// allows whatever an earlier one did, so one number for each element is enough, and the cost of a word is the number of its elements.
struct PhraseReader {
  /// A byte of the plain text of a segment.
  struct Place: Equatable {
    var segment: Int
    var offset: Int
  }

  /// A phrase that ends with the word just read.
  struct Match {
    var rule: Int
    var beginning: Place
  }

  private var deadlines: [UInt32]
  private var beginnings: [Place]
  /// The number of the next word; 0 is before all.
  private var index: UInt32 = 1

  init(_ lexicon: Lexicon) {
    deadlines = [UInt32](repeating: 0, count: lexicon.steps.count + 1)
    beginnings = [Place](repeating: Place(segment: 0, offset: 0), count: lexicon.steps.count + 1)
  }

  /// A word that no rule knows.
  @inline(__always)
  mutating func skip() { index &+= 1 }

  /// A sentence ends: as far as some words.
  mutating func endSentence() { index &+= 4 }

  /// Reads one word.
  /// - Parameter entry: its entry in the lexicon; nil for a word that no rule knows.
  mutating func read(_ entry: Int?, at place: Place, _ lexicon: Lexicon, into matches: inout [Match]) {
    defer { index &+= 1 }
    guard let entry else { return }
    for step in lexicon.steps(of: entry) {
      let number = Int(step)
      let info = lexicon.steps[number]
      guard info.isFirst || deadlines[number] >= index else { continue }
      let beginning = info.isFirst ? place : beginnings[number]
      if info.isLast {
        matches.append(Match(rule: Int(info.rule), beginning: beginning))
      } else {
        deadlines[number + 1] = index &+ 1 &+ UInt32(info.gapAfter)
        beginnings[number + 1] = beginning
      }
    }
  }
}
