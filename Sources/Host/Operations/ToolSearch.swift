internal import JSON

/// Finds tools by what they are about, so that a model need not be shown all of them.
struct ToolSearch {
  struct Match {
    let server: String
    let item: ItemList.Item
    let score: Int
  }

  /// Lower-case words of the query; a tool that has none of them is no match.
  private let words: [Substring]

  init(_ query: String) { words = Array(Self.terms(query).sorted().prefix(Limits.Federation.maxSearchWords)) }

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

  /// A word counts most in the name, less in title and description, least in the names of arguments; and as a part of a longer word only if it is long itself.
  private func score(_ item: ItemList.Item) -> Int {
    let prose = ["title", "description"].compactMap { item.definition[$0]?.stringValue }
    let arguments = item.definition["inputSchema"]?["properties"]?.members.compactMap { $0.key.stringValue } ?? []
    let (name, text, names) = (
      Self.terms(item.name), Self.terms(prose.joined(separator: " ")), Self.terms(arguments.joined(separator: " "))
    )
    return words.reduce(0) { total, word in
      total + (name.contains(word) ? 8 : Self.isPart(word, of: name) ? 5 : 0) + (Self.isPart(word, of: text) ? 3 : 0)
        + (Self.isPart(word, of: names) ? 1 : 0)
    }
  }

  private static func terms(_ text: String) -> Set<Substring> {
    Set(text.prefix(Limits.Federation.maxSearchedCharacters).lowercased()[...].split { !$0.isLetter && !$0.isNumber })
  }

  private static func isPart(_ word: Substring, of terms: Set<Substring>) -> Bool {
    terms.contains(word) || (word.count >= shortestPart && terms.contains { $0.contains(word) })
  }

  private static let shortestPart = 4
}
