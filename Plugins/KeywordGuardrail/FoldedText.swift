internal import TextFolding

/// A text without its disguise, as `KeywordFinder` reads it, with the way back. Letters keep their case, which is the expression's own affair.
struct FoldedText {
  /// A part of the folded text: bytes that are the original's own, or those of one scalar that folds to something else.
  private struct Part {
    var start: Int
    /// Where it begins in the original.
    var original: Int
    var isOwn: Bool
  }

  private(set) var bytes: [UInt8] = []
  private var parts: [Part] = []
  private let count: Int

  /// Nil when folding changes nothing.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    count = text.count
    guard !Self.isPlain(text) else { return nil }
    bytes.reserveCapacity(text.count)
    var position = 0
    var isSame = true
    while position < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      if scalar == 0x20 {
        if bytes.last == 0x20 { isSame = false } else { appendOwn(text[position..<position + 1], from: position) }
      } else if let folded = Self.folded(scalar) {
        appendFolded(folded, from: position)
        isSame = false
      } else {
        appendOwn(text[position..<position + length], from: position)
      }
      position += length
    }
    if isSame { return nil }
  }

  /// Printable ASCII without two spaces in a row.
  private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var wasSpace = false
    for byte in text {
      guard (0x20..<0x7F).contains(byte), !(byte == 0x20 && wasSpace) else { return false }
      wasSpace = byte == 0x20
    }
    return true
  }

  /// Nil for a scalar that stays as it is.
  private static func folded(_ scalar: UInt32) -> [UInt8]? {
    if (0x21..<0x7F).contains(scalar) { return nil }
    if Hangul.syllables.contains(scalar) { return Hangul.decompose(scalar).flatMap(UTF8Scalar.encode) }
    return table[scalar]
  }

  /// Makes the table, which takes a while, before the first text needs it.
  static func prepare() { _ = table.count }

  /// Every scalar that folds to something else, as UTF-8.
  private static let table: [UInt32: [UInt8]] = Dictionary(
    UnicodeFolding.withCase.changes.map { ($0.scalar, $0.folded.flatMap(UTF8Scalar.encode)) }
  ) { first, _ in first }

  private mutating func appendOwn(_ own: Slice<UnsafeBufferPointer<UInt8>>, from original: Int) {
    if let last = parts.last, last.isOwn, last.original - last.start == original - bytes.count {
      // It goes on as it began.
    } else {
      parts.append(Part(start: bytes.count, original: original, isOwn: true))
    }
    bytes.append(contentsOf: own)
  }

  private mutating func appendFolded(_ folded: [UInt8], from original: Int) {
    let start = bytes.count
    for byte in folded where byte != 0x20 || bytes.last != 0x20 { bytes.append(byte) }
    if bytes.count > start { parts.append(Part(start: start, original: original, isOwn: false)) }
  }

  /// The bytes of the original that a part of the folded text comes from.
  func original(_ range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty, range.upperBound <= bytes.count else { return 0..<0 }
    let first = part(at: range.lowerBound)
    let last = part(at: range.upperBound - 1)
    let start = parts[first].original + (parts[first].isOwn ? range.lowerBound - parts[first].start : 0)
    let end =
      parts[last].isOwn
      ? parts[last].original + range.upperBound - parts[last].start : last + 1 < parts.count ? parts[last + 1].original : count
    return start..<max(start, end)
  }

  /// The last part that begins at `position` or before. There is one for every byte.
  private func part(at position: Int) -> Int {
    var (low, high) = (0, parts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if parts[middle].start <= position { low = middle } else { high = middle }
    }
    return low
  }
}
