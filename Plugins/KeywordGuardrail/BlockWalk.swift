internal import TextFolding

/// The fast loop: eight parts of a block at once, because a single walk waits for memory at every step.
///
/// Each part but the first starts at the root, as if nothing stood before it. Afterwards the true state is carried from part to part, step
/// by step, until it lies within the part; from there on both walks are the same. So the end state is exact.
struct BlockWalk {
  private typealias State = KeywordAutomaton.State
  private static let parts = 8

  private let automaton: KeywordAutomaton
  /// The symbol of each of `bytes`' values.
  private let symbolOfByte: FrozenArray<UInt8>
  private let bytes: UnsafeBufferPointer<UInt8>
  private let partLength: Int

  init(_ automaton: KeywordAutomaton, _ symbolOfByte: FrozenArray<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>) {
    self.automaton = automaton
    self.symbolOfByte = symbolOfByte
    self.bytes = bytes
    partLength = bytes.count / Self.parts
  }

  /// The state after the block; nil when a keyword may end in it or a state without a row is reached. `state` has a row.
  func end(from state: KeywordAutomaton.State) -> KeywordAutomaton.State? {
    guard let start = bytes.baseAddress else { return state }
    guard let ends = walkParts(automaton.rows.start, symbolOfByte.start, start, state) else { return nil }
    return join(ends, automaton.rows.start, symbolOfByte.start, start)
  }

  /// Each part's own end state. Every byte's symbol has an entry in every row, so nothing is read beyond them.
  private func walkParts(
    _ rows: UnsafePointer<UInt32>, _ symbols: UnsafePointer<UInt8>, _ bytes: UnsafePointer<UInt8>, _ first: State
  ) -> [State]? {
    let length = partLength
    var (s0, s1, s2, s3): (State, State, State, State) = (first, 0, 0, 0)
    var (s4, s5, s6, s7): (State, State, State, State) = (0, 0, 0, 0)
    let (b1, b2, b3, b4) = (bytes + length, bytes + 2 * length, bytes + 3 * length, bytes + 4 * length)
    let (b5, b6, b7) = (bytes + 5 * length, bytes + 6 * length, bytes + 7 * length)
    for index in 0..<length {
      s0 = rows[Int(s0 &+ UInt32(symbols[Int(bytes[index])]))]
      s1 = rows[Int(s1 &+ UInt32(symbols[Int(b1[index])]))]
      s2 = rows[Int(s2 &+ UInt32(symbols[Int(b2[index])]))]
      s3 = rows[Int(s3 &+ UInt32(symbols[Int(b3[index])]))]
      s4 = rows[Int(s4 &+ UInt32(symbols[Int(b4[index])]))]
      s5 = rows[Int(s5 &+ UInt32(symbols[Int(b5[index])]))]
      s6 = rows[Int(s6 &+ UInt32(symbols[Int(b6[index])]))]
      s7 = rows[Int(s7 &+ UInt32(symbols[Int(b7[index])]))]
      if (s0 | s1 | s2 | s3 | s4 | s5 | s6 | s7) & KeywordAutomaton.special != 0 { return nil }
    }
    return [s0, s1, s2, s3, s4, s5, s6, s7]
  }

  /// Carries the first part's end state through the others and through the rest of the block.
  private func join(
    _ ends: [State], _ rows: UnsafePointer<UInt32>, _ symbols: UnsafePointer<UInt8>, _ bytes: UnsafePointer<UInt8>
  ) -> State? {
    let depthEntry = UInt32(automaton.stride - 1)
    var state = ends[0]
    for part in 1..<Self.parts {
      var characters: UInt32 = 0
      var index = part * partLength
      while index < (part + 1) * partLength, rows[Int(state + depthEntry)] > characters {
        let symbol = symbols[Int(bytes[index])]
        state = rows[Int(state + UInt32(symbol))]
        if state & KeywordAutomaton.special != 0 { return nil }
        characters += symbol == SymbolTable.ignored || symbol == SymbolTable.space ? 0 : 1
        index += 1
      }
      if rows[Int(state + depthEntry)] <= characters { state = ends[part] }
    }
    for index in Self.parts * partLength..<self.bytes.count {
      state = rows[Int(state + UInt32(symbols[Int(bytes[index])]))]
      if state & KeywordAutomaton.special != 0 { return nil }
    }
    return state
  }
}
