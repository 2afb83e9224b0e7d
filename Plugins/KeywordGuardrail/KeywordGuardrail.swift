internal import JSON
internal import PluginSDK

/// Blocks messages that contain a keyword of a list, in whatever disguise Unicode offers.
///
/// The list becomes one automaton when the instance is made; a check is one pass over each text, however long the list is.
struct KeywordGuardrail: GuardrailProvider {
  static let name = "custom_keyword"
  static let flags: ProviderFlags = [.inline]
  static let configSchema = KeywordConfig.schema

  /// More are not reported: the message is blocked by the first.
  static let maxViolations = 64
  /// Bytes of the text that the evidence quotes.
  static let maxQuotedBytes = 128

  private let finder: KeywordFinder

  init(config: PluginConfig, host: PluginServices) throws { finder = try KeywordFinder(KeywordConfig(config.json)) }

  func check(_ request: GuardrailRequest) -> Verdict {
    var violations: [Violation] = []
    var search = KeywordFinder.Search(limit: Self.maxViolations)
    for index in request.segments.indices {
      let segment = request.segments[index]
      guard !segment.kind.contains(.binary) else { continue }
      let text = segment.text
      text.withUTF8 { finder.find(in: $0, &search) }
      guard search.hasFound else { continue }
      let path = segment.path.string
      for match in search.takeMatches() { violations.append(violation(match, index, path, text)) }
      if search.isOver { break }
    }
    return violations.isEmpty ? .allow : .block(violations)
  }

  private func violation(_ match: KeywordFinder.Match, _ segment: Int, _ path: String, _ text: BorrowedText) -> Violation {
    let keyword = finder.keywords[match.keyword]
    var evidence = JSONWriter()
    evidence.object {
      $0.key("keyword")
      $0.string(keyword)
      $0.key("path")
      $0.string(path)
      $0.key("matched")
      $0.string(text.withUTF8 { quote($0, match.range) })
    }
    return Violation(
      category: "keyword_detector", code: "keyword", message: "Blocked keyword detected: \(keyword)", evidenceJSON: evidence.bytes,
      score: 1,
      place: Violation.Place(segment: segment, range: match.range))
  }

  /// The text as it stood there, cut between characters.
  private func quote(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    var end = min(range.upperBound, range.lowerBound + Self.maxQuotedBytes)
    while end > range.lowerBound, end < range.upperBound, text[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: text[range.lowerBound..<end], as: UTF8.self)
  }
}
