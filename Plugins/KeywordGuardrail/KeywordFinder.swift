internal import PluginSDK
internal import TextFolding

/// Finds the keywords of a list in texts.
struct KeywordFinder: Sendable {
  /// One place where a keyword stands.
  struct Match: Sendable, Equatable {
    var keyword: Int
    /// Bytes of the text, from the first character that belongs to the keyword to the last, with whatever is hidden between.
    var range: Range<Int>
  }

  /// What one request's search has found and may still cost.
  struct Search {
    let limit: Int
    private(set) var matches: [Match] = []
    private var count = 0
    /// Scalars that may still be visited to find where matches begin. The first match is found whatever it costs.
    fileprivate var visits: Int
    /// Where the automaton stood at the end of the last text.
    fileprivate(set) var end: KeywordAutomaton.State = 0

    init(limit: Int, visits: Int = 1 << 16) {
      self.limit = limit
      self.visits = visits
    }

    var hasFound: Bool { !matches.isEmpty }
    /// Nothing more is wanted.
    var isOver: Bool { count >= limit || count > 0 && visits <= 0 }

    /// A keyword that stands twice in one character (an "f" in a ligature "ff") is told once.
    mutating func add(_ match: Match) {
      guard !isOver, !matches.reversed().prefix(while: { $0.range.upperBound == match.range.upperBound }).contains(match) else { return }
      matches.append(match)
      count += 1
    }

    /// The matches since the last time.
    mutating func takeMatches() -> [Match] {
      defer { matches = [] }
      return matches
    }
  }

  /// Symbols of all keywords together: what the automaton's memory hangs on.
  static let maxSymbols = 1_000_000
  /// Bytes that go through the fast loop at once.
  static let blockBytes = 4096
  /// What is found in a block costs another look at that block, in parts of this size, and a slow one at the part where it is.
  static let carefulBytes = 512
  /// A shorter text is not worth the fast loop.
  static let minBlockBytes = 256

  /// As the configuration has them.
  let keywords: [String]
  let table: SymbolTable
  let automaton: KeywordAutomaton
  let lengths: [Int]
  /// For each keyword whether its first and its last character are part of a word; empty unless whole words are asked for.
  let edges: [(first: Bool, last: Bool)]
  let words = WordScalars.all

  init(_ keywords: [KeywordList.Keyword], isCaseSensitive: Bool, isWholeWord: Bool) throws {
    let folding = isCaseSensitive ? UnicodeFolding.withCase : .withoutCase
    let folded = keywords.map { Self.joinSpaces(folding.fold($0.text)) }
    if let empty = folded.firstIndex(of: []) {
      throw PluginError.invalid("\(keywords[empty].place): nothing is left of it without invisible characters and accents")
    }
    table = SymbolTable(keywords: folded, folding: folding)
    let symbols = folded.map(table.symbols(of:))
    guard symbols.reduce(0, { $0 + $1.count }) <= Self.maxSymbols else {
      throw PluginError.invalid("more than \(Self.maxSymbols) characters of keywords altogether")
    }
    automaton = KeywordAutomaton(symbols, symbolCount: table.count)
    self.keywords = keywords.map(\.text)
    lengths = symbols.map(\.count)
    edges = isWholeWord ? folded.map { (WordScalars.all.contains($0[0]), WordScalars.all.contains($0[$0.count - 1])) } : []
  }

  private static func joinSpaces(_ scalars: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    for scalar in scalars where scalar != 0x20 || result.last != 0x20 { result.append(scalar) }
    return result
  }

  /// Adds what stands in `text`, which is UTF-8, to the search.
  func find(in text: UnsafeBufferPointer<UInt8>, _ search: inout Search) {
    var position = 0
    var state: KeywordAutomaton.State = 0
    while position < text.count, !search.isOver {
      let block = position..<min(position + Self.blockBytes, text.count)
      (position, state) = fastBlock(text, block, state) ?? careful(text, block, state, &search)
    }
    search.end = state
  }

  /// A block where a keyword may end, in smaller ones.
  private func careful(
    _ text: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, _ start: KeywordAutomaton.State, _ search: inout Search
  ) -> Progress {
    var (position, state) = (block.lowerBound, start)
    while position < block.upperBound, !search.isOver {
      let part = position..<min(position + Self.carefulBytes, block.upperBound)
      (position, state) = fastBlock(text, part, state) ?? slowBlock(text, part, state, &search)
    }
    return (position, state)
  }

  /// How far a text has been read, and in what state that leaves the automaton.
  private typealias Progress = (position: Int, state: KeywordAutomaton.State)

  /// Goes over a block where no keyword ends; nil when one may, or when the block is too short.
  private func fastBlock(_ text: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, _ state: KeywordAutomaton.State) -> Progress? {
    guard block.count >= Self.minBlockBytes, automaton.hasRow(state) else { return nil }
    let bytes = UnsafeBufferPointer(rebasing: text[block])
    if bytes.isASCII { return BlockWalk(automaton, table.ascii, bytes).end(from: state).map { (block.upperBound, $0) } }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * Self.blockBytes) { buffer in
      let (count, position) = table.translate(text, block, into: buffer)
      let symbols = UnsafeBufferPointer(start: buffer.baseAddress, count: count)
      return BlockWalk(automaton, Self.identity, symbols).end(from: state).map { (position, $0) }
    }
  }

  private static let identity = FrozenArray((0..<256).map { UInt8($0) })

  /// Goes over a block scalar by scalar and adds every match.
  private func slowBlock(
    _ text: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, _ start: KeywordAutomaton.State, _ search: inout Search
  ) -> Progress {
    var (position, state) = (block.lowerBound, start)
    while position < block.upperBound, !search.isOver {
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      position += length
      let code = table.code(scalar)
      if code < 256 {
        step(&state, UInt8(truncatingIfNeeded: code), Ending(text: text, position: position, symbolsLeft: 0), &search)
      } else {
        let sequence = table.sequence(code)
        for index in sequence {
          let ending = Ending(text: text, position: position, symbolsLeft: sequence.upperBound - index - 1)
          step(&state, table.sequenceSymbol(index), ending, &search)
        }
      }
    }
    return (position, state)
  }

  /// Where a match ends: after the scalar before `position`, of whose symbols the last ones are not part of it.
  fileprivate struct Ending {
    let text: UnsafeBufferPointer<UInt8>
    let position: Int
    let symbolsLeft: Int
  }

  @inline(__always)
  private func step(_ state: inout KeywordAutomaton.State, _ symbol: UInt8, _ ending: Ending, _ search: inout Search) {
    if symbol == SymbolTable.ignored || symbol == SymbolTable.space && automaton.endsWithSpace(state) { return }
    let next = automaton.next(state, symbol)
    state = next & ~KeywordAutomaton.special
    if next != state { addMatches(endingIn: state, ending, &search) }
  }

  private func addMatches(endingIn state: KeywordAutomaton.State, _ ending: Ending, _ search: inout Search) {
    automaton.forEachKeyword(endingIn: state) { keyword in
      let beginning = beginning(of: keyword, ending, &search)
      if edges.isEmpty || isWhole(keyword, beginning, ending) {
        search.add(Match(keyword: keyword, range: beginning.position..<ending.position))
      }
      return !search.isOver
    }
  }
}

extension KeywordFinder {
  /// Where a match begins: with the scalar at `position`, of whose symbols the first ones are not part of it.
  private struct Beginning {
    let position: Int
    let symbolsBefore: Int
  }

  /// Walks back over as many symbols as the keyword has.
  private func beginning(of keyword: Int, _ ending: Ending, _ search: inout Search) -> Beginning {
    var needed = lengths[keyword] + ending.symbolsLeft
    var position = ending.position
    var isAfterSpace = false
    while position > 0, needed > 0 {
      let (scalar, length) = UTF8Scalar.decode(ending.text, before: position)
      position -= length
      search.visits -= 1
      let code = table.code(scalar)
      if code < 256 {
        count(UInt8(truncatingIfNeeded: code), &needed, &isAfterSpace)
      } else {
        for index in table.sequence(code).reversed() { count(table.sequenceSymbol(index), &needed, &isAfterSpace) }
      }
    }
    return Beginning(position: position, symbolsBefore: max(0, -needed))
  }

  /// One symbol of a walk back; a run of spaces is one.
  private func count(_ symbol: UInt8, _ needed: inout Int, _ isAfterSpace: inout Bool) {
    guard symbol != SymbolTable.ignored else { return }
    let isSpace = symbol == SymbolTable.space
    if !(isSpace && isAfterSpace) { needed -= 1 }
    isAfterSpace = isSpace
  }

  /// Whether no word goes on at either side of the match. A side where the keyword itself has no letter or digit has no such condition.
  private func isWhole(_ keyword: Int, _ beginning: Beginning, _ ending: Ending) -> Bool {
    if edges[keyword].last {
      guard ending.symbolsLeft == 0, !isWord(ending.text, after: ending.position) else { return false }
    }
    if edges[keyword].first {
      guard beginning.symbolsBefore == 0, !isWord(ending.text, before: beginning.position) else { return false }
    }
    return true
  }

  func isWord(_ text: UnsafeBufferPointer<UInt8>, after start: Int) -> Bool {
    var position = start
    while position < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      if table.code(scalar) != SymbolTable.Code(SymbolTable.ignored) { return words.contains(scalar) }
      position += length
    }
    return false
  }

  private func isWord(_ text: UnsafeBufferPointer<UInt8>, before end: Int) -> Bool {
    var position = end
    while position > 0 {
      let (scalar, length) = UTF8Scalar.decode(text, before: position)
      if table.code(scalar) != SymbolTable.Code(SymbolTable.ignored) { return words.contains(scalar) }
      position -= length
    }
    return false
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether no byte has its highest bit set.
  var isASCII: Bool {
    var bits: UInt8 = 0
    for byte in self { bits |= byte }
    return bits < 0x80
  }
}
