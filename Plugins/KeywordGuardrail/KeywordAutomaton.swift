internal import TextFolding

/// Aho and Corasick's automaton over the symbols of a `SymbolTable`.
///
/// Its states are the nodes of the trie. The shallow ones, where texts spend their time, have a row each with a transition for every symbol;
/// beyond a budget the deep ones have only their children and a failure link. Two symbols leave a state as it is: one that is ignored, and
/// a space after a space. So any run of white space counts as one, and what is not seen is not there, without a test in the inner loop.
struct KeywordAutomaton: Sendable {
  /// A state as the inner loop carries it: for a state with a row the row's offset, for others `rowsEnd` + its number among those.
  typealias State = UInt32
  /// Set in a transition to a state where a keyword ends, or that has no row: the inner loop stops there.
  static let special: UInt32 = 0x8000_0000

  /// Entries of all rows, 4 bytes each.
  private static let maxRowEntries = 8 << 20

  /// Rows of `stride` entries: a transition for each symbol, then the state's depth.
  let rows: FrozenArray<UInt32>
  let stride: Int
  let rowsEnd: State
  private let rowCount: Int
  private let trie: KeywordTrie
  private let failure: FrozenArray<Int32>
  /// The nearest state along the failure links, itself included, where a keyword ends; -1 = none.
  private let ending: FrozenArray<Int32>

  init(_ keywords: [[UInt8]], symbolCount: Int) {
    let trie = KeywordTrie(keywords)
    let stride = symbolCount + 1
    let rowCount = max(1, min(trie.nodes.count, Self.maxRowEntries / stride))
    var build = Build(trie: trie, stride: stride, rowCount: rowCount)
    build.run()
    self.trie = trie
    self.stride = stride
    self.rowCount = rowCount
    rows = FrozenArray(build.rows)
    rowsEnd = State(rowCount * stride)
    failure = FrozenArray(build.failure)
    ending = FrozenArray(build.ending)
  }

  private func number(_ state: State) -> Int {
    state < rowsEnd ? Int(state) / stride : rowCount + Int(state - rowsEnd)
  }

  func hasRow(_ state: State) -> Bool { state < rowsEnd }

  /// One transition from any state. `special` in the result means no more than that keywords may end there.
  @inline(__always)
  func next(_ state: State, _ symbol: UInt8) -> State {
    state < rowsEnd ? rows[Int(state) + Int(symbol)] : nextWithoutRow(state, symbol) | Self.special
  }

  private func nextWithoutRow(_ state: State, _ symbol: UInt8) -> State {
    var node = number(state)
    if symbol == SymbolTable.ignored || (symbol == SymbolTable.space && trie.nodes[node].symbol == symbol) { return state }
    while node >= rowCount {
      if let child = trie.child(node, symbol) { return rowsEnd + State(child - rowCount) }
      node = Int(failure[node])
    }
    return rows[node * stride + Int(symbol)] & ~Self.special
  }

  /// Whether this state takes in another space without moving.
  func endsWithSpace(_ state: State) -> Bool { state != 0 && trie.nodes[number(state)].symbol == SymbolTable.space }

  /// The keywords that end in this state, longest first.
  func forEachKeyword(endingIn state: State, _ body: (Int) -> Bool) {
    var node = Int(ending[number(state)])
    while node > 0 {
      guard body(Int(trie.nodes[node].keyword)) else { return }
      node = Int(ending[Int(failure[node])])
    }
  }

  func hasKeyword(endingIn state: State) -> Bool { ending[number(state)] > 0 }

  var stateCount: Int { trie.nodes.count }
}

/// Makes failure links and rows, breadth first: whatever a state needs belongs to shallower ones.
private struct Build {
  let trie: KeywordTrie
  let stride: Int
  let rowCount: Int
  var rows: [UInt32]
  var failure: [Int32]
  var ending: [Int32]

  init(trie: KeywordTrie, stride: Int, rowCount: Int) {
    self.trie = trie
    self.stride = stride
    self.rowCount = rowCount
    rows = [UInt32](repeating: 0, count: rowCount * stride)
    failure = [Int32](repeating: 0, count: trie.nodes.count)
    ending = [Int32](repeating: -1, count: trie.nodes.count)
  }

  mutating func run() {
    for node in trie.nodes.indices {
      ending[node] = trie.nodes[node].keyword >= 0 ? Int32(node) : node == 0 ? -1 : ending[Int(failure[node])]
      linkChildren(of: node)
    }
    for node in 0..<rowCount { fillRow(node) }
  }

  private mutating func linkChildren(of node: Int) {
    for child in trie.nodes[node].children {
      failure[child] = Int32(node == 0 ? 0 : target(Int(failure[node]), trie.nodes[child].symbol))
    }
  }

  /// Where `symbol` leads from a node, over failure links.
  private func target(_ start: Int, _ symbol: UInt8) -> Int {
    var node = start
    while true {
      if let child = trie.child(node, symbol) { return child }
      if node == 0 { return 0 }
      node = Int(failure[node])
    }
  }

  /// A node's row is that of its failure link, but for its own children and the two symbols that do not move.
  private mutating func fillRow(_ node: Int) {
    let base = node * stride
    if node > 0 {
      let from = Int(failure[node]) * stride
      for symbol in 0..<stride - 1 { rows[base + symbol] = rows[from + symbol] }
    }
    for child in trie.nodes[node].children { rows[base + Int(trie.nodes[child].symbol)] = transition(to: child) }
    rows[base + Int(SymbolTable.ignored)] = transition(to: node)
    if node > 0, trie.nodes[node].symbol == SymbolTable.space { rows[base + Int(SymbolTable.space)] = transition(to: node) }
    rows[base + stride - 1] = UInt32(trie.nodes[node].depth)
  }

  private func transition(to node: Int) -> UInt32 {
    if node >= rowCount { return UInt32(rowCount * stride + node - rowCount) | KeywordAutomaton.special }
    return UInt32(node * stride) | (ending[node] > 0 ? KeywordAutomaton.special : 0)
  }
}
