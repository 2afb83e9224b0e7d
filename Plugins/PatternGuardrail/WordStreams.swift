/// The words of a message in document order, read in the two ways in which a phrase can be spread over its texts.
struct WordStreams {
  /// Longer words of letters and digits are not looked at for digits that stand for letters.
  static let maxDisguisedBytes = 24

  private let lexicon = Lexicon.shared
  /// Strings and numbers. A word that ends a text may also go on in the next one.
  private var values: PhraseReader
  /// The same with the member names between them; nil for a message of one text.
  private var all: PhraseReader?
  /// The unfinished hash of the word that ends the last value.
  private var open: UInt64?
  private var matches: [PhraseReader.Match] = []
  /// Letters that stand alone: "i g n o r e".
  private var spelled = (hash: WordHash.empty, count: 0, end: -1)

  init(segments: Int) {
    values = PhraseReader(lexicon)
    if segments > 1 { all = PhraseReader(lexicon) }
  }

  mutating func endSentence() {
    values.endSentence()
    all?.endSentence()
  }

  /// Passes over a word that cannot be part of anything.
  /// - Returns: false when it may be.
  @inline(__always)
  mutating func skip(_ word: Word, isLast: Bool) -> Bool {
    guard word.entry == nil, word.bits & ByteClass.digit == 0, word.range.count > 1, word.range.lowerBound > 0, !isLast else {
      return false
    }
    values.skip()
    all?.skip()
    (open, spelled.count) = (nil, 0)
    return true
  }

  mutating func read(_ word: Word, _ scan: TextScan, _ findings: inout Findings) {
    let place = PhraseReader.Place(segment: scan.place.segment, offset: word.range.lowerBound)
    let entry = word.entry ?? disguised(word, scan.bytes)
    spell(word, place, scan.bytes)
    // A letter that stands alone is no word between others.
    guard entry != nil || word.range.count > 1 else { return reportMatches(word, scan, &findings) }
    all?.read(entry, at: place, lexicon, into: &matches)
    if !scan.place.isMemberName {
      glue(word, place, scan.bytes)
      values.read(entry, at: place, lexicon, into: &matches)
    }
    reportMatches(word, scan, &findings)
  }

  /// A word that began at the end of the value before.
  private mutating func glue(_ word: Word, _ place: PhraseReader.Place, _ bytes: PlainBytes) {
    let isLast = word.range.upperBound == bytes.count
    guard let begun = open, word.range.lowerBound == 0 else {
      open = isLast ? word.hash : nil
      return
    }
    var hash = begun
    for index in word.range { hash = WordHash.add(bytes[index].lowercased, to: hash) }
    if let entry = lexicon.entry(WordHash.finish(hash)) { values.read(entry, at: place, lexicon, into: &matches) }
    open = isLast ? hash : nil
  }

  /// Letters with one symbol or space between them are a word, too.
  private mutating func spell(_ word: Word, _ place: PhraseReader.Place, _ bytes: PlainBytes) {
    let start = word.range.lowerBound
    guard word.range.count == 1 else {
      spelled.count = 0
      return
    }
    if spelled.count == 0 || start != spelled.end + 1 { spelled = (WordHash.empty, 0, start) }
    spelled = (WordHash.add(bytes[start].lowercased, to: spelled.hash), spelled.count + 1, start + 1)
    guard spelled.count > 2, let entry = lexicon.entry(WordHash.finish(spelled.hash)) else { return }
    values.read(entry, at: place, lexicon, into: &matches)
  }

  /// The entry of a word in which digits stand for letters.
  private func disguised(_ word: Word, _ bytes: PlainBytes) -> Int? {
    guard word.bits & ByteClass.digit != 0, word.bits & (ByteClass.lower | ByteClass.upper) != 0, word.range.count <= Self.maxDisguisedBytes
    else { return nil }
    var hash = WordHash.empty
    for index in word.range { hash = WordHash.add(Self.letter(bytes[index].lowercased), to: hash) }
    return lexicon.entry(WordHash.finish(hash))
  }

  private static func letter(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "0"): UInt8(ascii: "o")
    case UInt8(ascii: "1"): UInt8(ascii: "i")
    case UInt8(ascii: "3"): UInt8(ascii: "e")
    case UInt8(ascii: "4"): UInt8(ascii: "a")
    case UInt8(ascii: "5"): UInt8(ascii: "s")
    case UInt8(ascii: "7"): UInt8(ascii: "t")
    default: byte
    }
  }

  private mutating func reportMatches(_ word: Word, _ scan: TextScan, _ findings: inout Findings) {
    guard !matches.isEmpty else { return }
    var told: [Int] = []
    for match in matches where !told.contains(match.rule) {
      told.append(match.rule)
      let rule = lexicon.rules[match.rule]
      var place = scan.place
      let isSpread = match.beginning.segment != place.segment
      if isSpread, place.encoding == .none { place.encoding = .spread }
      let start = isSpread ? 0 : min(match.beginning.offset, word.range.lowerBound)
      let confidence = scan.place.encoding == .none ? rule.confidence : min(1, rule.confidence + 0.1)
      findings.add(rule.detector, rule.code, confidence, start..<word.range.upperBound, scan.text, place)
    }
    matches.removeAll(keepingCapacity: true)
  }
}
