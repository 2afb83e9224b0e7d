internal import Glibc

/// What a JSON value is.
package enum JSONKind: String, Sendable, Hashable, CaseIterable {
  case object, array, string, number, bool, null
}

/// One checked JSON value: a view into an immutable shared buffer. Cheap to copy, and its bytes are forwarded as they came.
///
/// Strict RFC 8259: UTF-8 is checked, member names are unique after unescaping, there is no byte order mark, size and depth are bounded. So a guardrail,
/// an upstream server and we all read the same thing.
package struct RawJSON: Sendable {
  let source: JSONSource
  let range: Range<Int>

  /// Checks the whole text.
  package init(validating text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
    let (range, longValues) = try text.withUnsafeBufferPointer { pointer throws(JSONError) in try Scanner.scan(pointer, limits: limits) }
    self.init(source: JSONSource(text, spans: longValues), range: range)
  }

  /// The value written out.
  package init(_ value: JSONValue) {
    self.init(trusted: value.serialized())
  }

  /// A part of a text that was checked.
  init(source: JSONSource, range: Range<Int>) {
    self.source = source
    self.range = range
  }

  /// A whole text that needs no check.
  private init(trusted text: [UInt8]) {
    self.init(source: JSONSource(text), range: 0..<text.count)
  }

  package var kind: JSONKind {
    switch firstByte {
    case .openBrace: .object
    case .openBracket: .array
    case .quote: .string
    case 0x74, 0x66: .bool
    case 0x6E: .null
    default: .number
    }
  }

  /// Where the value starts in its buffer.
  package var offset: Int { range.lowerBound }

  /// The exact source text, without the whitespace around it.
  package var bytes: ArraySlice<UInt8> { source.bytes[range] }

  /// The exact source text in place.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withText { text throws(Failure) in try body(UnsafeRawBufferPointer(text)) }
  }

  /// The source text with line breaks between tokens left out, so that newline framing can carry it; `self` when it has none. Strings have no raw
  /// line breaks, so dropping those bytes changes nothing else.
  package func compacted() -> RawJSON {
    let hasLineBreak = withText { text in
      text.baseAddress.map {
        memchr($0, Int32(UInt8.lineFeed), text.count) != nil || memchr($0, Int32(UInt8.carriageReturn), text.count) != nil
      } ?? false
    }
    guard hasLineBreak else { return self }
    let text = bytes.filter { $0 != .lineFeed && $0 != .carriageReturn }
    return RawJSON(trusted: text)
  }

  var firstByte: UInt8 { range.isEmpty ? 0 : source.bytes[range.lowerBound] }

  func withText<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try source.bytes.withUnsafeBufferPointer { whole throws(Failure) in try body(UnsafeBufferPointer(rebasing: whole[range])) }
  }
}

/// Equal when the source bytes are.
extension RawJSON: Hashable {
  package static func == (left: RawJSON, right: RawJSON) -> Bool {
    guard left.range.count == right.range.count else { return false }
    return left.withText { one in
      right.withText { other in
        guard let base = one.baseAddress, let otherBase = other.baseAddress else { return true }
        return memcmp(base, otherBase, one.count) == 0
      }
    }
  }

  package func hash(into hasher: inout Hasher) {
    withText { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension RawJSON: CustomStringConvertible {
  /// Kind and size only: the content may be secret and descriptions end up in logs.
  package var description: String { "\(kind.rawValue) of \(range.count) bytes" }
}
