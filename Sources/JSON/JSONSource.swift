/// One checked text, shared by every value in it.
final class JSONSource: Sendable {
  let bytes: [UInt8]
  /// Where its long values end; empty for a text that was not scanned, which is then walked byte by byte.
  private let spans: [LongValues.Span]

  init(_ bytes: [UInt8], spans: [LongValues.Span] = []) {
    self.bytes = bytes
    self.spans = spans
  }

  /// Runs `body` with a cursor over a part of the text; nil when there is no such part.
  @inline(__always)
  func withCursor<Result, Failure: Error>(
    from position: Int, to end: Int, _ body: (inout Cursor) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try bytes.withUnsafeBufferPointer { text throws(Failure) in
      try spans.withUnsafeBufferPointer { spans throws(Failure) in
        guard var cursor = Cursor(from: position, to: end, of: text, LongValues(spans, from: position)) else { return nil }
        return try body(&cursor)
      }
    }
  }
}
