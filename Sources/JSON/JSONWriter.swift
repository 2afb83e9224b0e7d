/// Writes JSON into a growing byte array, and the commas with it.
///
///     var writer = JSONWriter()
///     writer.object { $0.key("id"); $0.int(1) }
///
/// Whoever calls it keeps to the grammar: in an object a key before each value, elsewhere none.
package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8]
  private var needsComma = false

  package init(reservingBytes capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  package mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    try container(.openBrace, .closeBrace, body)
  }

  package mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
    try container(.openBracket, .closeBracket, body)
  }

  private mutating func container<Failure: Error>(
    _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    startValue()
    bytes.append(open)
    needsComma = false
    try body(&self)
    bytes.append(close)
    needsComma = true
  }

  /// The name of the next value.
  package mutating func key(_ name: StaticString) {
    startValue()
    name.withUTF8Buffer { StringEncoding.append($0, to: &bytes) }
    endKey()
  }

  /// The name of the next value.
  @_disfavoredOverload
  package mutating func key(_ name: String) {
    startValue()
    StringEncoding.append(name, to: &bytes)
    endKey()
  }

  /// The name of the next value, as it is written elsewhere.
  /// - Parameter name: a JSON string.
  package mutating func rawKey(_ name: RawJSON) {
    startValue()
    bytes.append(contentsOf: name.bytes)
    endKey()
  }

  package mutating func string(_ value: String) {
    startValue()
    StringEncoding.append(value, to: &bytes)
  }

  /// - Parameter value: well-formed UTF-8.
  package mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) {
    startValue()
    StringEncoding.append(value, to: &bytes)
  }

  package mutating func int(_ value: Int) {
    startValue()
    appendInteger(magnitude: UInt64(value.magnitude), isNegative: value < 0)
  }

  @_disfavoredOverload
  package mutating func int(_ value: UInt64) {
    startValue()
    appendInteger(magnitude: value, isNegative: false)
  }

  /// Null when the value is infinite or NaN, which JSON cannot say.
  package mutating func double(_ value: Double) {
    startValue()
    bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
  }

  package mutating func bool(_ value: Bool) {
    startValue()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  package mutating func null() {
    startValue()
    bytes.append(contentsOf: "null".utf8)
  }

  /// The value's source text as it is.
  package mutating func raw(_ value: RawJSON) {
    startValue()
    bytes.append(contentsOf: value.bytes)
  }

  /// - Parameter value: the text of one JSON value, known to be correct.
  package mutating func raw(_ value: some Collection<UInt8>) {
    startValue()
    bytes.appendWhole(value)
  }

  package mutating func value(_ value: JSONValue) {
    startValue()
    Serialization.append(value, to: &bytes)
  }

  private mutating func startValue() {
    if needsComma { bytes.append(.comma) }
    needsComma = true
  }

  private mutating func endKey() {
    bytes.append(.colon)
    needsComma = false
  }

  private mutating func appendInteger(magnitude: UInt64, isNegative: Bool) {
    if isNegative { bytes.append(.minus) }
    let start = bytes.count
    var rest = magnitude
    repeat {
      bytes.append(.zero + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}

/// A member in one call: name and value.
extension JSONWriter {
  /// A member as it is written elsewhere.
  package mutating func member(_ name: RawJSON, _ value: RawJSON) {
    rawKey(name)
    raw(value)
  }

  package mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  package mutating func member(_ name: StaticString, _ value: Int) {
    key(name)
    int(value)
  }

  package mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    bool(value)
  }

  package mutating func member(_ name: StaticString, _ value: RawJSON) {
    key(name)
    raw(value)
  }

  package mutating func member(_ name: StaticString, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  /// An object as the value.
  package mutating func member<Failure: Error>(
    _ name: StaticString, object body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    key(name)
    try object(body)
  }

  /// An array as the value.
  package mutating func member<Failure: Error>(
    _ name: StaticString, array body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    key(name)
    try array(body)
  }
}
