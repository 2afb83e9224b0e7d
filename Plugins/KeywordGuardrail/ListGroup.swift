internal import PluginSDK

/// Lists with the same action and the same reading, looked for together.
struct ListGroup: Sendable {
  let action: ListAction
  private let finder: KeywordFinder?
  /// The list of each keyword.
  private let listOfKeyword: [Int]
  private let expressions: Expressions?
  private let listOfExpression: [Int]

  var hasExpressions: Bool { expressions != nil }

  /// - Parameter lists: with their numbers.
  init(_ lists: [(number: Int, list: KeywordList)], action: ListAction, isCaseSensitive: Bool, isWholeWord: Bool) throws {
    self.action = action
    let keywords = lists.flatMap(\.list.keywords)
    finder = keywords.isEmpty ? nil : try KeywordFinder(keywords, isCaseSensitive: isCaseSensitive, isWholeWord: isWholeWord)
    listOfKeyword = lists.flatMap { [Int](repeating: $0.number, count: $0.list.keywords.count) }
    let sources = lists.flatMap(\.list.patterns)
    expressions = sources.isEmpty ? nil : try Expressions(sources, isCaseSensitive: isCaseSensitive)
    listOfExpression = lists.flatMap { [Int](repeating: $0.number, count: $0.list.patterns.count) }
  }

  /// What was found somewhere.
  struct Match: Sendable {
    var list: Int
    /// The keyword or the expression.
    var word: String
    var isExpression: Bool
    /// Bytes of the text.
    var range: Range<Int>
  }

  /// What a search has found and may still cost.
  struct Search {
    private(set) var matches: [Match] = []
    private let limit: Int
    private var count = 0
    fileprivate var keywords: KeywordFinder.Search
    /// Bytes that expressions may still read after their first match.
    private var bytes: Int
    /// Something may have been left out.
    var isOver: Bool { keywords.isOver || count >= limit || bytes <= 0 }

    init(limit: Int, visits: Int, bytes: Int) {
      self.limit = limit
      self.bytes = bytes
      keywords = KeywordFinder.Search(limit: limit, visits: visits)
    }

    /// For blocking and for telling: some matches are enough.
    static var sample: Search { Search(limit: KeywordGuardrail.maxViolations, visits: 1 << 16, bytes: 16 << 20) }
    /// For taking out: every match counts.
    static var all: Search { Search(limit: 4096, visits: 1 << 20, bytes: 64 << 20) }

    fileprivate mutating func add(_ match: Match) {
      guard count < limit else { return }
      matches.append(match)
      count += 1
    }
    fileprivate mutating func spend(_ count: Int) { bytes -= count }

    /// The matches since the last time.
    mutating func takeMatches() -> [Match] {
      defer { matches = [] }
      return matches
    }
  }

  /// Adds what stands in a text. `folded` is the same text without its disguise, if it has one.
  func find(in text: UnsafeBufferPointer<UInt8>, folded: FoldedText?, _ search: inout Search) throws {
    if let finder {
      finder.find(in: text, &search.keywords)
      for match in search.keywords.takeMatches() {
        search.add(
          Match(list: listOfKeyword[match.keyword], word: finder.keywords[match.keyword], isExpression: false, range: match.range))
      }
    }
    guard let expressions else { return }
    var seen: Set<Place> = []
    try find(expressions, in: text, &search) { folded == nil || seen.insert($0).inserted ? $0.range : nil }
    guard let folded else { return }
    try folded.bytes.withUnsafeBufferPointer { plain in
      try find(expressions, in: plain, &search) { place in
        let original = Place(expression: place.expression, range: folded.original(place.range))
        return seen.insert(original).inserted ? original.range : nil
      }
    }
  }

  /// Where texts that came before leave the search, for keywords that go on in the next one.
  struct Carry: Sendable {
    fileprivate var state: KeywordAutomaton.State = 0
    init() {}
  }

  /// Adds the keywords that began in earlier texts and end in this one, after `find` has read it.
  func findAcross(_ text: UnsafeBufferPointer<UInt8>, _ carry: inout Carry, _ search: inout Search) {
    guard let finder else { return }
    carry.state = finder.findAcross(text, from: carry.state, &search.keywords) ?? search.keywords.end
    for match in search.keywords.takeMatches() {
      search.add(
        Match(list: listOfKeyword[match.keyword], word: finder.keywords[match.keyword], isExpression: false, range: match.range))
    }
  }

  private struct Place: Hashable {
    var expression: Int
    var range: Range<Int>
  }

  /// `place` says where in the original a match stands; nil: that is known.
  private func find(
    _ expressions: Expressions, in text: UnsafeBufferPointer<UInt8>, _ search: inout Search, place: (Place) -> Range<Int>?
  ) throws {
    for expression in expressions.matching(text) {
      var position = 0
      while let range = try expressions.find(expression, in: text, from: position) {
        if !range.isEmpty, let original = place(Place(expression: expression, range: range)) {
          let word = expressions.sources[expression].text
          search.add(Match(list: listOfExpression[expression], word: word, isExpression: true, range: original))
        }
        position = max(range.upperBound, position + 1)
        search.spend(text.count - position)
        if position >= text.count || search.isOver { break }
      }
      if search.isOver { return }
    }
  }
}
