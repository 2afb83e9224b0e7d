internal import JSON
internal import PluginSDK

/// What happens to a message in which something of a list is found.
enum ListAction: String, CaseIterable, Sendable {
  case block, redact, flag
}

/// One list of the configuration.
struct KeywordList: Sendable {
  /// In messages and metrics.
  var name: String
  var action = ListAction.block
  var keywords: [Keyword] = []
  var patterns: [Expressions.Source] = []
  /// A file with more keywords, looked at while the gateway runs.
  var file: String?
  var isCaseSensitive = false
  var isWholeWord = false
  /// What stands in place of what is taken out.
  var replacement = defaultReplacement

  static let defaultReplacement = "[REDACTED]"

  struct Keyword: Sendable {
    var text: String
    /// Where it stands, for messages: a path of the configuration, or a line of a file.
    var place: String
  }
}
