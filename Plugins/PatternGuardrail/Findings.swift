/// One thing that was found.
struct Finding: Sendable {
  var detector: Detector
  var code: StaticString
  var confidence: Double
  var action: Action
  var segment: Int
  /// Bytes of the segment's text.
  var range: Range<Int>
  /// How it was hidden.
  var encoding: TextPlace.Encoding
  /// Letters as x, digits as 9: what the operator sees of it. Empty for phrases.
  var shape: String

  /// Takes in another finding of the same kind at the same place: phrases that say the same in two ways.
  /// - Returns: false when it is something else.
  mutating func merge(_ other: Finding) -> Bool {
    guard detector == other.detector, detector.group == .injection, segment == other.segment, encoding == other.encoding else {
      return false
    }
    guard range.overlaps(other.range), action == other.action else { return false }
    if other.confidence > confidence { (code, confidence) = (other.code, other.confidence) }
    range = min(range.lowerBound, other.range.lowerBound)..<max(range.upperBound, other.range.upperBound)
    return true
  }
}

/// Where the text that is being read comes from.
struct TextPlace {
  enum Encoding: String, Sendable {
    case none, base64, hex, tags
    case variationSelectors = "variation_selectors"
    /// A phrase that begins in an earlier text of the message.
    case spread
  }
  var segment: Int
  var isMemberName: Bool
  /// For what was decoded: where its code stands in the segment's text.
  var codeRange: Range<Int>?
  var encoding = Encoding.none
}

/// What one check has found so far, and what has to follow from it.
struct Findings {
  static let maxShapeBytes = 64
  /// With more values to take out a message is blocked.
  static let maxRedactions = 20_000

  let settings: Settings
  private(set) var strongest = Action.off
  /// At most `settings.maxFindings`, those that matter most.
  private(set) var reported: [Finding] = []
  /// All of them, in the order of the text.
  private(set) var redactions: [Redaction] = []
  private(set) var counts = [Int](repeating: 0, count: Detector.allCases.count)

  let readsPhrases: Bool

  init(_ settings: Settings) {
    self.settings = settings
    readsPhrases = settings.readsPhrases
  }

  /// Nothing that is still to come can change the verdict or its report.
  var isComplete: Bool { strongest == .block && reported.count >= settings.maxFindings && reported.allSatisfy { $0.action == .block } }

  /// Whether it is worth looking for.
  @inline(__always)
  func wants(_ detector: Detector) -> Bool { settings.rules[detector.index].action != .off }

  /// Adds what stands at `range` of the plain text.
  mutating func add(
    _ detector: Detector, _ code: StaticString, _ confidence: Double, _ range: Range<Int>, _ text: PlainText, _ place: TextPlace
  ) {
    let rule = settings.rules[detector.index]
    guard rule.action != .off, confidence >= rule.minConfidence else { return }
    guard !settings.allows(text.bytes.slice(range)) else { return }
    let shape = detector.group == .injection ? "" : Self.shape(text.bytes.slice(range))
    add(detector, code, confidence, place.codeRange ?? text.original(range), shape, place)
  }

  /// Adds what stands at `range` of the segment's own text.
  mutating func add(_ detector: Detector, _ code: StaticString, _ confidence: Double, original range: Range<Int>, _ place: TextPlace) {
    let rule = settings.rules[detector.index]
    guard rule.action != .off, confidence >= rule.minConfidence else { return }
    add(detector, code, confidence, range, "", place)
  }

  private mutating func add(
    _ detector: Detector, _ code: StaticString, _ confidence: Double, _ range: Range<Int>, _ shape: String, _ place: TextPlace
  ) {
    var action = settings.rules[detector.index].action
    // What cannot be taken out may not pass.
    if action == .redact, place.isMemberName || place.encoding == .spread || redactions.count >= Self.maxRedactions { action = .block }
    strongest = max(strongest, action)
    if action == .redact {
      redactions.append(Redaction(segment: place.segment, range: range, detector: detector))
    }
    report(
      Finding(
        detector: detector, code: code, confidence: min(1, confidence), action: action, segment: place.segment, range: range,
        encoding: place.encoding, shape: shape))
  }

  private mutating func report(_ finding: Finding) {
    if finding.detector.group == .injection {
      for index in reported.indices.reversed() where reported[index].merge(finding) { return }
    }
    counts[finding.detector.index] += 1
    if reported.count < settings.maxFindings { return reported.append(finding) }
    if let weaker = reported.firstIndex(where: { $0.action < finding.action }) { reported[weaker] = finding }
  }

  private static func shape(_ bytes: some Collection<UInt8>) -> String {
    let shape = bytes.prefix(maxShapeBytes).map { byte -> UInt8 in
      if byte.isDigit { return UInt8(ascii: "9") }
      return byte.isWord ? UInt8(ascii: "x") : byte < 0x7F && byte > 0x1F ? byte : UInt8(ascii: " ")
    }
    return String(decoding: shape, as: UTF8.self)
  }
}
