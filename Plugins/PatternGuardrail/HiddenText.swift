internal import TextFolding

/// Looks for what a reader does not see. Texts of nothing but printable ASCII have none of it.
struct HiddenText {
  /// Shorter ones say nothing.
  private static let minRevealedBytes = 8

  private let text: UnsafeBufferPointer<UInt8>
  private let place: TextPlace

  /// Invisible characters between two Latin letters or digits.
  private var splits = 0
  private var zeroWidthRun = 0
  private var longestZeroWidthRun = 0
  private var firstZeroWidth: Range<Int>?
  private var overrides: Range<Int>?
  private var hasRightToLeft = false
  private var tags: [UInt8] = []
  private var tagStart = 0
  private var isFlag = false
  private var selectors: [UInt8] = []
  private var selectorStart = 0
  /// Where the last word ends that was looked at for letters of several scripts.
  private var wordEnd = 0
  private var homoglyph: (range: Range<Int>, count: Int)?

  init(_ text: UnsafeBufferPointer<UInt8>, _ place: TextPlace) {
    self.text = text
    self.place = place
  }

  static func find(in text: UnsafeBufferPointer<UInt8>, _ place: TextPlace, _ findings: inout Findings) {
    var search = HiddenText(text, place)
    search.run(&findings)
  }

  /// Reads a text that stood in code. Codes within it stay what they are.
  static func read(_ decoded: [UInt8], _ place: TextPlace, _ findings: inout Findings) {
    decoded.withUnsafeBufferPointer { buffer in
      PlainText.with(buffer) { text in
        var words = WordStreams(segments: 1)
        var scan = TextScan(text, place, field: FieldName())
        scan.run(&words, &findings)
      }
    }
  }

  private mutating func run(_ findings: inout Findings) {
    var position = 0
    while position < text.count {
      if isPlain(text[position]) {
        endRuns(&findings)
        repeat { position += 1 } while position < text.count && isPlain(text[position])
        continue
      }
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      let range = position..<position + length
      look(at: scalar, range)
      if !isTag(scalar) { endTags(&findings) }
      if Self.selector(scalar) == nil { endSelectors(&findings) }
      countZeroWidth(scalar, range)
      if scalar == 0x1F3F4 { isFlag = true } else if !isTag(scalar) { isFlag = false }
      position += length
    }
    endRuns(&findings)
    report(&findings)
  }

  private func isPlain(_ byte: UInt8) -> Bool { byte < 0x80 && byte >= 0x20 }

  /// A character that everybody sees.
  private mutating func endRuns(_ findings: inout Findings) {
    endTags(&findings)
    endSelectors(&findings)
    (zeroWidthRun, isFlag) = (0, false)
  }

  private mutating func look(at scalar: UInt32, _ range: Range<Int>) {
    switch scalar {
    case 0x202D, 0x202E: overrides = overrides ?? range
    case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC: hasRightToLeft = true
    default: break
    }
    if range.lowerBound >= wordEnd, Confusables.isForeignScript(scalar) { readWord(around: range) }
    if isTag(scalar) {
      if tags.isEmpty { tagStart = range.lowerBound }
      tags.append(UInt8(truncatingIfNeeded: scalar & 0x7F))
    }
    if let byte = Self.selector(scalar) {
      if selectors.isEmpty { selectorStart = range.lowerBound }
      selectors.append(byte)
    }
  }

  /// Unicode's copy of ASCII that no font shows. A black flag before them makes them part of an emoji.
  private func isTag(_ scalar: UInt32) -> Bool { scalar >> 7 == 0xE0000 >> 7 }

  private mutating func endTags(_ findings: inout Findings) {
    guard !tags.isEmpty else { return }
    defer { tags.removeAll(keepingCapacity: true) }
    guard !(isFlag && tags.count <= 8) else { return }
    let range = tagStart..<tagStart + 4 * tags.count
    findings.add(.hiddenText, "tag_characters", 0.95, original: range, place)
    reveal(tags, range, .tags, &findings)
  }

  /// The byte that a variation selector is used to carry: 1 to 16, then 17 to 256.
  private static func selector(_ scalar: UInt32) -> UInt8? {
    if scalar >> 4 == 0xFE0 { return UInt8(truncatingIfNeeded: scalar & 15) }
    return (0xE0100...0xE01EF).contains(scalar) ? UInt8(truncatingIfNeeded: scalar - 0xE0100 + 16) : nil
  }

  private mutating func endSelectors(_ findings: inout Findings) {
    guard !selectors.isEmpty else { return }
    defer { selectors.removeAll(keepingCapacity: true) }
    guard selectors.count > 2 else { return }
    let bytes = selectors.reduce(0) { $0 + ($1 < 16 ? 3 : 4) }
    let range = selectorStart..<selectorStart + bytes
    findings.add(.hiddenText, "variation_selectors", 0.95, original: range, place)
    reveal(selectors, range, .variationSelectors, &findings)
  }

  private func reveal(_ bytes: [UInt8], _ range: Range<Int>, _ encoding: TextPlace.Encoding, _ findings: inout Findings) {
    guard place.encoding == .none, bytes.count >= Self.minRevealedBytes else { return }
    let place = TextPlace(segment: place.segment, isMemberName: place.isMemberName, codeRange: range, encoding: encoding)
    Self.read(bytes, place, &findings)
  }

  private static func isZeroWidth(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x200B...0x200D, 0x2060...0x2064, 0xFEFF, 0x180E, 0x034F, 0x00AD: true
    default: false
    }
  }

  private mutating func countZeroWidth(_ scalar: UInt32, _ range: Range<Int>) {
    if Self.isZeroWidth(scalar), range.lowerBound > 0 {
      zeroWidthRun += 1
      longestZeroWidthRun = max(longestZeroWidthRun, zeroWidthRun)
      // A soft hyphen marks where a word may be broken: common, and no split.
      if scalar != 0xAD, text[range.lowerBound - 1].isAlphanumeric, range.upperBound < text.count, text[range.upperBound].isAlphanumeric {
        splits += 1
      }
      firstZeroWidth = firstZeroWidth ?? range
    } else {
      zeroWidthRun = 0
    }
  }

  private func report(_ findings: inout Findings) {
    if let range = overrides { findings.add(.hiddenText, "bidi_override", hasRightToLeft ? 0.5 : 0.8, original: range, place) }
    if let range = firstZeroWidth {
      let confidence = longestZeroWidthRun >= 8 ? 0.9 : splits >= 3 ? 0.8 : splits > 0 ? 0.5 : 0.3
      findings.add(.hiddenText, "zero_width", confidence, original: range, place)
    }
    if let homoglyph { findings.add(.homoglyph, "mixed_script", homoglyph.count > 1 ? 0.8 : 0.7, original: homoglyph.range, place) }
  }

  private static let maxWordLetters = 64

  /// Looks for a Latin word with look-alikes of other scripts in it.
  private mutating func readWord(around letter: Range<Int>) {
    var (start, end) = (letter.lowerBound, letter.lowerBound)
    var scripts = WordScripts()
    for _ in 0..<Self.maxWordLetters where start > 0 {
      let (scalar, length) = UTF8Scalar.decode(text, before: start)
      guard scripts.add(scalar) else { break }
      start -= length
    }
    for _ in 0..<Self.maxWordLetters where end < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: end)
      guard scripts.add(scalar) else { break }
      end += length
    }
    wordEnd = max(end, letter.upperBound)
    if scripts.isMixed { homoglyph = (homoglyph?.range ?? start..<wordEnd, (homoglyph?.count ?? 0) + 1) }
  }
}

/// Which scripts the letters of a word belong to.
struct WordScripts {
  private var latin = 0
  private var lookAlikes = 0
  private var others = 0

  /// Takes in a letter.
  /// - Returns: false when it is none: the word is over.
  mutating func add(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 {
      guard (scalar | 0x20) &- 0x61 < 26 else { return false }
      latin += 1
    } else if Confusables.isForeign(scalar) {
      lookAlikes += 1
    } else {
      guard WordScalars.all.contains(scalar) else { return false }
      others += 1
    }
    return true
  }

  /// Two Latin letters at least, and nothing else but what looks like them.
  var isMixed: Bool { latin >= 2 && lookAlikes >= 1 && others == 0 && latin + lookAlikes >= 4 }
}
