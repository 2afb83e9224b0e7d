/// A number as it was written: large integers and the difference between 1 and 1.0 survive. Equal when the texts are.
package struct JSONNumber: Sendable, Hashable {
  /// JSON's own form, RFC 8259 section 6.
  package let text: String

  package init(_ value: Int) { text = String(value) }

  /// The shortest text that reads back as `value`. JSON cannot say infinite or NaN: infinities become the largest finite double, NaN becomes 0; where null
  /// is wanted instead, use `JSONValue.init(_: Double)` or `JSONWriter.double`.
  package init(_ value: Double) {
    let largest = Double.greatestFiniteMagnitude
    text = value.isNaN ? "0" : "\(min(max(value, -largest), largest))"
  }

  /// Nil when `text` is not a JSON number.
  package init?(text: String) {
    guard let first = text.utf8.first, first == .minus || first.isDigit else { return nil }
    let bytes = Array(text.utf8)
    do throws(JSONError) {
      guard try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: JSONLimits.largestBytes, maxDepth: 0)).range.count == bytes.count
      else { return nil }
    } catch {
      return nil
    }
    self.text = text
  }

  /// - Parameter text: known to be a JSON number.
  init(checked text: String) { self.text = text }

  /// The number if it is an integer, whichever way it is written, and fits.
  package var intValue: Int? { Decimal(text.utf8)?.intValue }

  /// The nearest double; nil when the number is beyond the range of one.
  package var doubleValue: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
