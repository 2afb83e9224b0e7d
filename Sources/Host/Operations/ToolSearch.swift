internal import JSON

/// Finds tools by what they are about, so that a model need not be shown all of them.
struct ToolSearch {
  struct Match {
    let server: String
    let item: ItemList.Item
    let score: Int
  }

  /// Lower-case words of the query; a tool that has none of them is no match.
  private let words: [String]

  init(_ query: String) { words = Self.words(query) }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.prefix(Limits.Federation.maxSearchWords).map(String.init)
  }

  /// The best first; of equally good ones in the order of servers and their lists.
  func matches(_ lists: [(server: String, list: ItemList)]) -> [Match] {
    let found = lists.flatMap { server, list in
      list.items.compactMap { item in
        let score = score(item)
        return score > 0 ? Match(server: server, item: item, score: score) : nil
      }
    }
    return found.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
  }

  /// A word counts most as a part of the name, less in title and description, least in the names of arguments.
  private func score(_ item: ItemList.Item) -> Int {
    let name = item.name.lowercased()
    let nameWords = Set(Self.words(item.name))
    let prose = [item.definition["title"], item.definition["description"]].compactMap { $0?.stringValue?.lowercased() }
    let arguments = item.definition["inputSchema"]?["properties"]?.members.compactMap { $0.key.stringValue?.lowercased() } ?? []
    return words.reduce(0) { total, word in
      var score = nameWords.contains(word) ? 8 : name.contains(word) ? 5 : 0
      if prose.contains(where: { $0.contains(word) }) { score += 3 }
      if arguments.contains(where: { $0.contains(word) }) { score += 1 }
      return total + score
    }
  }
}
