internal import Glibc
internal import JSON

/// Cuts a byte stream into lines: MCP over stdio is one message a line. A CR before the LF is dropped, empty lines are skipped.
/// A line costs time linear in its length, in whatever pieces it arrives; memory is bounded by the longest line and the largest piece.
package struct LineFramer: Sendable {
  /// A line is longer than allowed. The stream cannot be picked up again: every later `append` throws as well.
  package struct LineTooLong: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes without the line end.
    package let limit: Int

    package init(limit: Int) { self.limit = limit }

    package var description: String { "a line is longer than \(limit) bytes" }
  }

  private let maxLineBytes: Int
  private var buffer: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  /// One past the last LF seen, or `start` if there is no whole line.
  private var completeEnd = 0
  private var hasFailed = false

  package init(maxLineBytes: Int) { self.maxLineBytes = maxLineBytes }

  /// Takes the next piece. Whole lines before a line that is too long can still be read by `next()`.
  package mutating func append(_ bytes: some Collection<UInt8>) throws(LineTooLong) {
    guard !hasFailed else { throw LineTooLong(limit: maxLineBytes) }
    discardConsumed()
    let scanned = buffer.count
    buffer.appendWhole(bytes)
    guard findLines(from: scanned) else {
      hasFailed = true
      buffer.removeSubrange(completeEnd...)
      throw LineTooLong(limit: maxLineBytes)
    }
  }

  /// The next whole line without its end, or nil until more bytes arrive.
  package mutating func next() -> [UInt8]? {
    while start < completeEnd {
      let end = Self.lineFeed(in: buffer, from: start) ?? completeEnd
      let lineStart = start
      start = end + 1
      let lineEnd = withoutCarriageReturn(lineStart, end)
      guard lineEnd > lineStart else { continue }
      return take(lineStart, lineEnd)
    }
    return nil
  }

  /// The rest after the last LF once the stream has ended, nil if there is none. Call it when `next()` has returned nil.
  package mutating func finish() -> [UInt8]? {
    guard !hasFailed, start < buffer.count else { return nil }
    let lineEnd = withoutCarriageReturn(start, buffer.count)
    let rest = lineEnd > start ? Array(buffer[start..<lineEnd]) : nil
    buffer = []
    start = 0
    completeEnd = 0
    return rest
  }

  /// Notes every LF from `position` on. False if a line, ended or not, is too long.
  private mutating func findLines(from position: Int) -> Bool {
    var position = position
    while let end = Self.lineFeed(in: buffer, from: position) {
      guard withoutCarriageReturn(completeEnd, end) - completeEnd <= maxLineBytes else { return false }
      position = end + 1
      completeEnd = position
    }
    return withoutCarriageReturn(completeEnd, buffer.count) - completeEnd <= maxLineBytes
  }

  /// Hands the buffer itself over when it holds nothing but this line, which spares long messages a copy.
  private mutating func take(_ lineStart: Int, _ lineEnd: Int) -> [UInt8] {
    guard lineStart == 0, start == buffer.count else { return Array(buffer[lineStart..<lineEnd]) }
    var line = buffer
    buffer = []
    start = 0
    completeEnd = 0
    line.removeLast(line.count - lineEnd)
    return line
  }

  /// Moves the unread bytes to the front; only when at least as many were read, so that each byte moves a bounded number of times.
  private mutating func discardConsumed() {
    guard start > 0, start >= buffer.count - start else { return }
    buffer.removeSubrange(..<start)
    completeEnd -= start
    start = 0
  }

  private func withoutCarriageReturn(_ lineStart: Int, _ end: Int) -> Int {
    end > lineStart && buffer[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
  }

  private static func lineFeed(in buffer: [UInt8], from position: Int) -> Int? {
    guard position < buffer.count else { return nil }
    return buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = memchr(base + position, 0x0A, bytes.count - position) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}
