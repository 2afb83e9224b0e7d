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

  /// The number without an exponent, and without a fraction that is zero; nil when it is written so, or would have more digits than `maxDigits`.
  package func plainNumber(maxDigits: Int) -> String? {
    guard kind == .number else { return nil }
    return withText { text in
      guard text.contains(where: { $0.isExponentMark || $0 == .point }), let decimal = Decimal(text) else { return nil }
      guard decimal.exponent >= 0 || text.contains(where: \.isExponentMark) else { return nil }
      return decimal.plain(maxDigits: maxDigits).flatMap { $0.elementsEqual(text) ? nil : String(decoding: $0, as: UTF8.self) }
    }
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
