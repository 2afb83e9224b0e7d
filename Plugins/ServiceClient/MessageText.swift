package import PluginSDK

/// The texts of a message as one text, a line each in document order, and cut into pieces that a service takes.
package struct MessageText: Sendable {
  private var bytes: [UInt8] = []
  /// Where each text begins in `bytes`, and which segment it is.
  private var places: [(start: Int, segment: Int)] = []

  /// - Parameter segments: binary ones are left out.
  package init(_ segments: [Segment.Copy]) {
    for (index, segment) in segments.enumerated() where !segment.kind.contains(.binary) && !segment.text.isEmpty {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
      places.append((bytes.count, index))
      bytes.append(contentsOf: segment.text.utf8)
    }
  }

  package init(_ text: String) {
    bytes = Array(text.utf8)
    places = [(0, 0)]
  }

  package var count: Int { bytes.count }
  /// Nothing that could be judged.
  package var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } }
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// A part of the text that is judged at once.
  package struct Piece: Sendable {
    package var text: String
    /// The segment that it is a part of; nil when it is of several.
    package var place: Violation.Place?
  }

  /// Pieces of at most `maxBytes` bytes. Each begins up to `overlap` bytes before the end of the one before, so that what stands across a cut is whole
  /// in one of them. Cuts are made after a line, a sentence or a word where there is one, and never inside a character.
  package func pieces(maxBytes: Int, overlap: Int) -> [Piece] {
    let size = max(16, maxBytes)
    let overlap = min(max(0, overlap), size / 4)
    var pieces: [Piece] = []
    var start = 0
    while start < bytes.count {
      let end = bytes.count - start <= size ? bytes.count : cut(after: start, before: start + size)
      pieces.append(Piece(text: String(decoding: bytes[start..<end], as: UTF8.self), place: place(of: start..<end)))
      guard end < bytes.count else { break }
      start = begin(near: end - overlap, before: end)
    }
    return pieces
  }

  /// The best end of a piece in the last quarter before `limit`.
  private func cut(after start: Int, before limit: Int) -> Int {
    let earliest = limit - (limit - start) / 4
    var (sentence, word): (Int?, Int?) = (nil, nil)
    var index = limit
    while index > earliest {
      let byte = bytes[index - 1]
      if byte == UInt8(ascii: "\n") { return index }
      if byte == UInt8(ascii: " ") {
        if word == nil { word = index }
        if sentence == nil, index >= 2, [UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?")].contains(bytes[index - 2]) {
          sentence = index
        }
      }
      index -= 1
    }
    return sentence ?? word ?? boundary(atOrBefore: limit)
  }

  /// Where the next piece begins: at a word's beginning if one is near, always at a character's, and always before `end`.
  private func begin(near wanted: Int, before end: Int) -> Int {
    guard wanted < end else { return end }
    var index = wanted
    while index < end, bytes[index - 1] != UInt8(ascii: " "), bytes[index - 1] != UInt8(ascii: "\n") { index += 1 }
    let reach = (end - wanted) / 2
    return index - wanted <= reach ? index : boundary(atOrBefore: wanted)
  }

  private func boundary(atOrBefore index: Int) -> Int {
    var index = index
    while index > 0, index < bytes.count, bytes[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }

  private func place(of range: Range<Int>) -> Violation.Place? {
    guard let last = places.lastIndex(where: { $0.start <= range.lowerBound }) else { return nil }
    let end = last + 1 < places.count ? places[last + 1].start - 1 : bytes.count
    guard range.upperBound <= end + 1 else { return nil }
    let start = places[last].start
    return Violation.Place(segment: places[last].segment, range: range.lowerBound - start..<min(range.upperBound, end) - start)
  }
}
