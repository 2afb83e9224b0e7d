/// The keywords as a tree, nodes numbered breadth first: 0 is the root, and the children of a node are numbered in a row.
struct KeywordTrie {
  struct Node {
    var firstChild: Int32 = 0
    /// The keyword that ends here, or -1.
    var keyword: Int32 = -1
    var depth: UInt16 = 0
    var childCount: UInt8 = 0
    /// The symbol on the edge that leads here.
    var symbol: UInt8 = SymbolTable.other

    var children: Range<Int> { Int(firstChild)..<Int(firstChild) + Int(childCount) }
  }
  private(set) var nodes: [Node] = [Node()]

  /// - Parameter keywords: in symbols, none empty. Of equal ones the first counts.
  init(_ keywords: [[UInt8]]) {
    let order = keywords.indices.sorted { left, right in
      keywords[left] == keywords[right] ? left < right : keywords[left].lexicographicallyPrecedes(keywords[right])
    }
    var spans = [order.indices]
    var current = 0
    while current < nodes.count {
      addChildren(of: current, keywords, order, &spans)
      current += 1
    }
  }

  /// Splits the sorted keywords below a node by their next symbol.
  private mutating func addChildren(of parent: Int, _ keywords: [[UInt8]], _ order: [Int], _ spans: inout [Range<Int>]) {
    let depth = Int(nodes[parent].depth)
    let first = nodes.count
    for position in spans[parent] {
      let keyword = order[position]
      guard keywords[keyword].count > depth else {
        if nodes[parent].keyword < 0 { nodes[parent].keyword = Int32(keyword) }
        continue
      }
      let symbol = keywords[keyword][depth]
      if nodes.count > first, nodes[nodes.count - 1].symbol == symbol {
        spans[nodes.count - 1] = spans[nodes.count - 1].lowerBound..<position + 1
      } else {
        nodes.append(Node(depth: UInt16(depth + 1), symbol: symbol))
        spans.append(position..<position + 1)
      }
    }
    nodes[parent].firstChild = Int32(first)
    nodes[parent].childCount = UInt8(nodes.count - first)
  }

  func child(_ node: Int, _ symbol: UInt8) -> Int? {
    let children = nodes[node].children
    var (low, high) = (children.lowerBound, children.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].symbol < symbol { low = middle + 1 } else { high = middle }
    }
    return low < children.upperBound && nodes[low].symbol == symbol ? low : nil
  }
}
