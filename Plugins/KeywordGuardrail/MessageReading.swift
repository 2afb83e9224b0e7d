internal import PluginSDK

/// One message read for all lists, text by text.
struct MessageReading {
  struct Place: Sendable {
    var segment: Int
    /// Such a text cannot be rewritten.
    var isMemberName: Bool
    /// Texts around it do not go on in it: numbers, and what escapes hide.
    var isApart = false
  }

  struct Finding: Sendable {
    var match: ListGroup.Match
    var place: Place
    /// The text as it stood there, cut.
    var quote: String
  }

  /// Findings of what is taken out that are told; all of it is taken out.
  private static let maxRedacted = 1024
  /// Bytes of the text that a finding quotes.
  private static let maxQuotedBytes = 128

  let lists: Lists
  private(set) var blocked: [Finding] = []
  private(set) var redacted: [Finding] = []
  private(set) var flagged: [Finding] = []
  private(set) var replacements: [Replacement] = []
  private let isRewritable: Bool
  private var samples: [ListGroup.Search]
  private var carries: [Carries]

  /// What goes on from text to text, by group: values follow values, and everything follows everything. Numbers do not count.
  private struct Carries {
    var values = ListGroup.Carry()
    var all = ListGroup.Carry()
  }

  /// - Parameter isRewritable: whether texts can be replaced in this phase.
  init(_ lists: Lists, isRewritable: Bool) {
    self.lists = lists
    self.isRewritable = isRewritable
    samples = lists.groups.map { _ in .sample }
    carries = lists.groups.map { _ in Carries() }
  }

  var isEmpty: Bool { blocked.isEmpty && redacted.isEmpty && flagged.isEmpty && replacements.isEmpty }
  /// Enough to block was found: nothing more is wanted.
  var isOver: Bool { blocked.count >= KeywordGuardrail.maxViolations || !blocked.isEmpty && hasEnough }

  private var hasEnough: Bool { zip(lists.groups, samples).allSatisfy { $0.action != .block || $1.isOver } }

  mutating func read(_ text: UnsafeBufferPointer<UInt8>, _ place: Place) throws {
    let folded = lists.hasExpressions ? FoldedText(text) : nil
    for (index, group) in lists.groups.enumerated() {
      switch group.action {
      case .block: blocked += try sample(group, index, text, folded, place)
      // What is blocked needs no more reading.
      case _ where !blocked.isEmpty: break
      case .redact where isRewritable: try redact(group, index, text, folded, place)
      case .redact, .flag: flagged += try sample(group, index, text, folded, place)
      }
    }
    finishRedaction(text, place)
  }

  private mutating func sample(
    _ group: ListGroup, _ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ folded: FoldedText?, _ place: Place
  ) throws -> [Finding] {
    guard !samples[index].isOver else { return [] }
    var search = samples[index]
    try group.find(in: text, folded: folded, &search)
    var matches = search.takeMatches()
    matches += across(group, index, text, place, &search)
    samples[index] = search
    return matches.map { Finding(match: $0, place: place, quote: Self.quote(text, $0.range)) }
  }

  /// Keywords that are spread over several texts.
  private mutating func across(
    _ group: ListGroup, _ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ place: Place, _ search: inout ListGroup.Search
  ) -> [ListGroup.Match] {
    guard !place.isApart else { return [] }
    group.findAcross(text, &carries[index].all, &search)
    var matches = search.takeMatches()
    guard !place.isMemberName else { return matches }
    group.findAcross(text, &carries[index].values, &search)
    for match in search.takeMatches() where !matches.contains(where: { $0.word == match.word && $0.range == match.range }) {
      matches.append(match)
    }
    return matches
  }

  // MARK: Taking out

  /// Of the text that is read.
  private var cuts: [(range: Range<Int>, list: Int)] = []

  private mutating func redact(
    _ group: ListGroup, _ index: Int, _ text: UnsafeBufferPointer<UInt8>, _ folded: FoldedText?, _ place: Place
  ) throws {
    var search = ListGroup.Search.all
    try group.find(in: text, folded: folded, &search)
    let isOver = search.isOver
    let matches = search.takeMatches()
    // Of what is spread over texts no part can be taken out.
    let spread = across(group, index, text, place, &search)
    blocked += spread.prefix(KeywordGuardrail.maxViolations).map { Finding(match: $0, place: place, quote: Self.quote(text, $0.range)) }
    guard let first = matches.first else { return }
    let findings = matches.prefix(KeywordGuardrail.maxViolations).map {
      Finding(match: $0, place: place, quote: Self.quote(text, $0.range))
    }
    // A member name stays as it is or does not pass at all.
    if place.isMemberName { return blocked += findings }
    redacted += findings.prefix(Self.maxRedacted - redacted.count)
    // Where not every match could be found, the whole text goes.
    cuts += isOver ? [(0..<text.count, first.list)] : matches.map { (Self.wholeScalars(text, $0.range), $0.list) }
  }

  private mutating func finishRedaction(_ text: UnsafeBufferPointer<UInt8>, _ place: Place) {
    guard !cuts.isEmpty else { return }
    defer { cuts = [] }
    var result: [UInt8] = []
    var position = 0
    for cut in cuts.sorted(by: { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }) {
      guard cut.range.lowerBound >= position else {
        position = max(position, cut.range.upperBound)
        continue
      }
      result += text[position..<cut.range.lowerBound]
      result += Array(lists.lists[cut.list].replacement.utf8)
      position = cut.range.upperBound
    }
    result += text[position...]
    replacements.append(Replacement(segment: place.segment, text: String(decoding: result, as: UTF8.self)))
  }

  /// An expression may match single bytes of a character.
  private static func wholeScalars(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (min(range.lowerBound, text.count), min(range.upperBound, text.count))
    while start > 0, start < text.count, text[start] & 0xC0 == 0x80 { start -= 1 }
    while end > start, end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    return start..<end
  }

  private static func quote(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    let range = wholeScalars(text, range)
    var end = min(range.upperBound, range.lowerBound + maxQuotedBytes)
    while end > range.lowerBound, end < range.upperBound, text[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: text[range.lowerBound..<end], as: UTF8.self)
  }
}
