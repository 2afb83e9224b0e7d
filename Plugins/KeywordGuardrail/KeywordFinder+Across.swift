internal import PluginSDK
internal import TextFolding

extension KeywordFinder {
  /// Adds the keywords that began in earlier texts and end in this one. Reads no further than the longest of them could reach.
  /// - Parameter start: where the automaton stood at the end of the text before.
  /// - Returns: where it stands at the end of this one; nil: where it would stand had the text been read alone.
  func findAcross(_ text: UnsafeBufferPointer<UInt8>, from start: KeywordAutomaton.State, _ search: inout Search) -> KeywordAutomaton.State?
  {
    guard start != 0 else { return nil }
    var reading = Joint(joined: start)
    var position = 0
    while position < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      position += length
      for symbol in symbols(of: scalar) {
        step(&reading, symbol, in: text, before: position, &search)
        // From here on both ways of reading are one.
        if reading.joined == reading.own { return nil }
      }
    }
    return reading.joined
  }

  /// One text read as the continuation of another, and beside it alone.
  private struct Joint {
    var joined: KeywordAutomaton.State
    var own: KeywordAutomaton.State = 0
    /// Symbols of this text so far: a keyword that has no more stands in it alone.
    var count = 0
  }

  private func step(
    _ reading: inout Joint, _ symbol: UInt8, in text: UnsafeBufferPointer<UInt8>, before position: Int, _ search: inout Search
  ) {
    guard symbol != SymbolTable.ignored else { return }
    let isOwnStep = !(symbol == SymbolTable.space && automaton.endsWithSpace(reading.own))
    if isOwnStep {
      reading.own = automaton.next(reading.own, symbol) & ~KeywordAutomaton.special
      reading.count += 1
    }
    guard !(symbol == SymbolTable.space && automaton.endsWithSpace(reading.joined)) else { return }
    reading.joined = automaton.next(reading.joined, symbol) & ~KeywordAutomaton.special
    automaton.forEachKeyword(endingIn: reading.joined) { keyword in
      // They come longest first.
      guard lengths[keyword] > reading.count else { return false }
      if isEnd(of: keyword, text, position) { search.add(Match(keyword: keyword, range: 0..<position)) }
      return !search.isOver
    }
  }

  private func isEnd(of keyword: Int, _ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    edges.isEmpty || !edges[keyword].last || !isWord(text, after: position)
  }

  private func symbols(of scalar: UInt32) -> [UInt8] {
    let code = table.code(scalar)
    return code < 256 ? [UInt8(truncatingIfNeeded: code)] : table.sequence(code).map { table.sequenceSymbol($0) }
  }
}
