/// Where in a trace a piece of work stands (W3C Trace Context, level 1).
package struct TraceContext: Sendable, Hashable {
  package var traceHigh: UInt64
  package var traceLow: UInt64
  /// The span that work done here belongs to.
  package var spanID: UInt64
  /// The caller's span; 0 at the root.
  package var parentSpanID: UInt64
  package var isSampled: Bool

  /// Goes on with the caller's trace when its `traceparent` header is well-formed, else begins one.
  package init(traceparent: String? = nil) {
    (traceHigh, traceLow, spanID, parentSpanID, isSampled) = (RandomID.word() | 1, RandomID.word(), RandomID.word() | 1, 0, true)
    if let traceparent { adopt(traceparent) }
  }

  private mutating func adopt(_ traceparent: String) {
    let fields = traceparent.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard fields.count >= 4, let version = Self.hex(fields[0], digits: 2), version != 0xff, version > 0 || fields.count == 4,
      fields[1].count == 32, let high = Self.hex(fields[1].prefix(16), digits: 16), let low = Self.hex(fields[1].suffix(16), digits: 16),
      high | low != 0, let parent = Self.hex(fields[2], digits: 16), parent != 0, let flags = Self.hex(fields[3], digits: 2)
    else { return }
    (traceHigh, traceLow, parentSpanID, isSampled) = (high, low, parent, flags & 1 == 1)
  }

  /// Whether it goes on with a caller's trace.
  package var isContinued: Bool { parentSpanID != 0 }

  /// The same trace, one level down.
  package func child() -> TraceContext {
    var child = self
    child.parentSpanID = spanID
    child.spanID = RandomID.word() | 1
    return child
  }

  /// Version 00 of the header.
  package var traceparent: String {
    String(unsafeUninitializedCapacity: 55) { text in
      text.initialize(repeating: UInt8(ascii: "-"))
      text[0] = UInt8(ascii: "0")
      text[1] = UInt8(ascii: "0")
      Self.write(traceHigh, to: text, at: 3)
      Self.write(traceLow, to: text, at: 19)
      Self.write(spanID, to: text, at: 36)
      text[53] = UInt8(ascii: "0")
      text[54] = isSampled ? UInt8(ascii: "1") : UInt8(ascii: "0")
      return 55
    }
  }

  /// Sixteen lower-case hexadecimal digits.
  private static func write(_ word: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
    for index in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 0xF
      text[offset + index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
    }
  }

  /// Exactly so many lower-case digits.
  private static func hex(_ text: some Collection<UInt8>, digits: Int) -> UInt64? {
    guard text.count == digits else { return nil }
    var value: UInt64 = 0
    for byte in text {
      guard let digit = Hex.value(byte), !(UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte) else { return nil }
      value = value << 4 | UInt64(digit)
    }
    return value
  }
}
