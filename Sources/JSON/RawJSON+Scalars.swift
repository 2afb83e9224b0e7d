/// Scalars, decoded on demand. Each is nil for a value of another kind.
extension RawJSON {
  /// The string's text. Half of a surrogate pair, which no text can hold, becomes U+FFFD.
  package var stringValue: String? {
    guard firstByte == .quote else { return nil }
    return withStringBody { Unescaping.string(of: $0) }
  }

  /// The string's text as UTF-8, as in `stringValue`.
  package var decodedUTF8: [UInt8]? {
    guard firstByte == .quote else { return nil }
    return withStringBody { Unescaping.utf8(of: $0) }
  }

  package var boolValue: Bool? {
    switch firstByte {
    case 0x74: true
    case 0x66: false
    default: nil
    }
  }

  package var isNull: Bool { firstByte == 0x6E }

  /// The number if it is an integer, whichever way it is written (1, 1.0, 1e2), and fits; else nil.
  package var intValue: Int? {
    guard kind == .number else { return nil }
    return withText { Decimal($0)?.intValue }
  }

  /// The nearest double; nil when the number is beyond the range of one.
  package var doubleValue: Double? { numberValue?.doubleValue }

  /// The number with its source text.
  package var numberValue: JSONNumber? {
    kind == .number ? JSONNumber(checked: withText { String(decoding: $0, as: UTF8.self) }) : nil
  }

  /// The bytes between the quotes.
  private func withStringBody<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withText { body(UnsafeBufferPointer(rebasing: $0.dropFirst().dropLast())) }
  }
}
