internal import TextFolding

/// Goes over one text once and lets each scanner look where its thing may begin.
///
/// Whatever a scanner reads ahead or behind is bounded, or is not read again: a text costs time in proportion to its length.
struct TextScan {
  let text: PlainText
  let bytes: PlainBytes
  let place: TextPlace
  /// The member that the text is the value of, in small letters; empty when there is none.
  let field: FieldName
  let lexicon = Lexicon.shared

  /// Scanners that read on leave here how far they came, so that no later one begins inside.
  var numberEnd = 0
  var tokenEnd = 0
  var valueEnd = 0
  var nameEnd = 0
  /// There is no end of a PEM block from here on.
  var lacksPEMEnd = false
  private(set) var previousWord = 0..<0
  /// Where the last word of each kind of cue ended.
  private(set) var lastCue = InlineArray<14, Int>(repeating: -1 << 32)

  init(_ text: PlainText, _ place: TextPlace, field: FieldName) {
    self.text = text
    bytes = text.bytes
    self.place = place
    self.field = field
  }

  mutating func run(_ words: inout WordStreams, _ findings: inout Findings) {
    var runs = EncodedRuns()
    let classes = ByteClass.table.start
    var position = 0
    let count = bytes.count
    while position < count {
      let kind = classes[Int(bytes[position])]
      if kind & ByteClass.word != 0 {
        position = readWord(at: position, classes, &words, &findings)
      } else {
        if let run = runs.symbol(at: position, kind, bytes) { decode(run, &findings) }
        if kind & ByteClass.trigger != 0 { readSymbol(at: position, &words, &findings) }
        position += isEscape(at: position) ? 2 : 1
      }
    }
    if let run = runs.end(at: count) { decode(run, &findings) }
    wholeValue(&findings)
  }

  /// A line's end or a tab as JSON writes them, in a string that is itself JSON: no letter of the word that follows.
  func isEscape(at position: Int) -> Bool {
    guard bytes[position] == UInt8(ascii: "\\") else { return false }
    let letter = bytes[position + 1]
    return letter == UInt8(ascii: "n") || letter == UInt8(ascii: "r") || letter == UInt8(ascii: "t")
  }

  /// Whether the letter, digit or low line before `position` belongs to what begins there.
  func isInsideWord(_ position: Int) -> Bool {
    let before = bytes[position - 1]
    return (before.isWord || before == UInt8(ascii: "_")) && !isEscape(at: position - 2)
  }

  private mutating func readWord(at start: Int, _ classes: UnsafePointer<UInt8>, _ words: inout WordStreams, _ findings: inout Findings)
    -> Int
  {
    var (end, bits, hash) = (start, UInt8(0), WordHash.empty)
    var byte = bytes[end]
    var kind = classes[Int(byte)]
    repeat {
      bits |= kind
      hash = WordHash.add(byte.lowercased, to: hash)
      end += 1
      byte = bytes[end]
      kind = classes[Int(byte)]
    } while kind & ByteClass.word != 0
    var entry = lexicon.entry(WordHash.finish(hash))
    if entry == nil, end - start > 6, bits & ByteClass.digit == 0, findings.readsPhrases {
      entry = lexicon.misspelledEntry(bytes, start..<end)
    }
    let word = Word(range: start..<end, bits: bits, hash: hash, entry: entry)
    if findings.readsPhrases, !words.skip(word, isLast: end == bytes.count) { words.read(word, self, &findings) }
    if bits & ByteClass.digit != 0 { readMixed(word, &findings) }
    if let entry, let cue = lexicon.cue(of: entry) { follow(cue, word, &findings) }
    previousWord = word.range
    return end
  }

  /// A word with a digit in it.
  private mutating func readMixed(_ word: Word, _ findings: inout Findings) {
    let start = word.range.lowerBound
    if documentNumber(word, &findings) { return }
    if word.bits == ByteClass.digit {
      if start >= numberEnd { number(at: start, &findings) }
      return
    }
    if bytes[start].isDigit, start >= numberEnd { ipv6(from: start, &findings) }
    if bytes[start].isUpper, bytes[start + 1].isUpper, bytes[start + 2].isDigit { iban(at: start, &findings) }
    structuredKey(word, &findings)
  }

  private mutating func follow(_ cue: Cue, _ word: Word, _ findings: inout Findings) {
    switch cue {
    case .vendor: vendorToken(word, &findings)
    case .honorific, .name, .farewell: personName(after: word, cue, &findings)
    case .verb: toldSecret(after: word, &findings)
    default: break
    }
    lastCue[cue.rawValue] = word.range.upperBound
  }

  private mutating func readSymbol(at position: Int, _ words: inout WordStreams, _ findings: inout Findings) {
    switch bytes[position] {
    case UInt8(ascii: "@"): email(at: position, &findings)
    case UInt8(ascii: "+"), UInt8(ascii: "("): if position >= numberEnd { number(at: position, &findings) }
    case UInt8(ascii: ":"):
      assignment(at: position, &findings)
      ipv6(from: previousWord.upperBound == position ? previousWord.lowerBound : position, &findings)
    case UInt8(ascii: "="): assignment(at: position, &findings)
    case UInt8(ascii: "-"): privateKey(at: position, &findings)
    case UInt8(ascii: "<"), UInt8(ascii: "["): marker(at: position, &findings)
    default:
      // A sentence's end.
      if bytes[position + 1].isSpace { words.endSentence() }
    }
  }

  /// Adds a finding at `range` of this text. Encoded things are not there by accident.
  func report(_ detector: Detector, _ code: StaticString, _ confidence: Double, _ range: Range<Int>, _ findings: inout Findings) {
    findings.add(detector, code, place.encoding == .none ? confidence : min(1, confidence + 0.1), range, text, place)
  }
}

/// One word: letters and digits of any script.
struct Word {
  var range: Range<Int>
  /// Which classes of bytes it has.
  var bits: UInt8
  /// Unfinished, so that a word can go on in the next text.
  var hash: UInt64
  var entry: Int?
}

/// The last part of a text's place that is not a number: the name of the member it belongs to, in small letters.
struct FieldName: Sendable {
  var bytes: [UInt8] = []
  static let maxBytes = 64

  init() {}

  init(path: UnsafeBufferPointer<UInt8>) {
    var end = path.count
    while end > 0 {
      let start = path[..<end].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
      let name = path[start..<end]
      if !name.allSatisfy(\.isDigit) || start == 0 {
        bytes = name.suffix(Self.maxBytes).map(\.lowercased)
        return
      }
      end = start - 1
    }
  }

  var isEmpty: Bool { bytes.isEmpty }

  func contains(_ word: StaticString) -> Bool { bytes.contains(word) }
  static func == (left: FieldName, right: StaticString) -> Bool {
    left.bytes.elementsEqual(UnsafeBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
  }
}

extension [UInt8] {
  func hasSuffix(_ word: StaticString) -> Bool {
    suffix(word.utf8CodeUnitCount).elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  /// Whether `word` stands anywhere in here. For short arrays.
  func contains(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard count >= length else { return false }
    return (0...count - length).contains { start in (0..<length).allSatisfy { self[start + $0] == word.utf8Start[$0] } }
  }
}
