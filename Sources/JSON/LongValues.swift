/// The strings, objects and arrays of a text that are long, as the scanner found them, for a cursor that moves forward. To find a member costs the same
/// whether those beside it are of ten bytes or ten million.
struct LongValues {
  /// From the opening to after the closing quote or bracket.
  struct Span {
    var start: UInt32
    var end: UInt32
  }

  static var leastBytes: Int { 128 }

  /// In order of their starts.
  private let spans: UnsafeBufferPointer<Span>
  /// The first span that starts where the cursor is, or later.
  private var next: Int

  @inline(__always)
  init(_ spans: UnsafeBufferPointer<Span>, from position: Int) {
    self.spans = spans
    next = 0
    if !spans.isEmpty { seek(position) }
  }

  /// The end of the long value at `position`; nil when none starts there.
  @inline(__always)
  mutating func end(at position: Int) -> Int? {
    next < spans.count ? endOfSpan(at: position) : nil
  }

  private mutating func endOfSpan(at position: Int) -> Int? {
    while next < spans.count, spans[next].start < position { next &+= 1 }
    guard next < spans.count, spans[next].start == position else { return nil }
    let end = Int(spans[next].end)
    seek(end)
    return end
  }

  private mutating func seek(_ position: Int) {
    var upper = spans.count
    while next < upper {
      let middle = (next &+ upper) / 2
      if spans[middle].start < position { next = middle &+ 1 } else { upper = middle }
    }
  }
}
