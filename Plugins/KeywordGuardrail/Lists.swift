internal import PluginSDK

/// All lists of an instance, ready to be looked for.
struct Lists: Sendable {
  let lists: [KeywordList]
  /// Those that block come first, then those that redact.
  let groups: [ListGroup]
  let hasExpressions: Bool

  private struct Reading: Hashable {
    var action: ListAction
    var isCaseSensitive: Bool
    var isWholeWord: Bool
  }

  init(_ lists: [KeywordList]) throws {
    let numbered = lists.enumerated().map { (number: $0.offset, list: $0.element) }
    let sorted = Dictionary(grouping: numbered) {
      Reading(action: $0.list.action, isCaseSensitive: $0.list.isCaseSensitive, isWholeWord: $0.list.isWholeWord)
    }
    var groups: [ListGroup] = []
    for action in ListAction.allCases {
      for (reading, lists) in sorted where reading.action == action {
        groups.append(
          try ListGroup(lists, action: action, isCaseSensitive: reading.isCaseSensitive, isWholeWord: reading.isWholeWord))
      }
    }
    self.lists = lists
    self.groups = groups
    hasExpressions = groups.contains(where: \.hasExpressions)
    if hasExpressions { FoldedText.prepare() }
  }
}
