internal import PluginABI

/// Typed values under names, lent for the time of one call.
public struct Attributes: ~Escapable {
  private let start: UnsafePointer<smg_attr>?
  public let count: Int

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ start: UnsafePointer<smg_attr>?, _ count: Int, of owner: borrowing Owner) {
    self.start = start
    self.count = start == nil ? 0 : max(0, count)
  }

  public var indices: Range<Int> { 0..<count }

  @_lifetime(copy self)
  public func key(_ index: Int) -> BorrowedText {
    BorrowedText(attribute(index).key, of: self)
  }

  /// The value's type; nil for one that this minor does not know.
  public func kind(_ index: Int) -> Kind? { Kind(rawValue: attribute(index).type) }
  /// Of a `.string` or `.json`; else empty.
  @_lifetime(copy self)
  public func text(_ index: Int) -> BorrowedText {
    BorrowedText(attribute(index).str, of: self)
  }
  /// Of an `.int`; 0 or 1 of a `.bool`.
  public func integer(_ index: Int) -> Int64 { attribute(index).i64 }
  /// Of a `.double`.
  public func double(_ index: Int) -> Double { attribute(index).f64 }

  private func attribute(_ index: Int) -> smg_attr {
    guard let start, indices.contains(index) else { preconditionFailure("no such attribute") }
    return start[index]
  }

  /// `SMG_ATTR_*`.
  public enum Kind: UInt32, Sendable {
    case string = 0
    case int, double, bool
    /// An array or object, as JSON text.
    case json
  }
}

/// A W3C trace id.
public struct TraceID: Sendable, Hashable {
  public let high, low: UInt64

  init(_ raw: smg_link.TraceBytes) {
    (high, low) = withUnsafeBytes(of: raw) { (bigEndian($0, 0), bigEndian($0, 8)) }
  }
  public var isZero: Bool { high == 0 && low == 0 }
  /// 32 digits.
  public var hex: String { String(decoding: hexDigits(high) + hexDigits(low), as: UTF8.self) }
}

/// A W3C span id.
public struct SpanID: Sendable, Hashable {
  public let value: UInt64

  init(_ raw: smg_link.SpanBytes) { value = withUnsafeBytes(of: raw) { bigEndian($0, 0) } }
  public var isZero: Bool { value == 0 }
  /// 16 digits.
  public var hex: String { String(decoding: hexDigits(value), as: UTF8.self) }
}

extension smg_link {
  typealias TraceBytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
  )
  typealias SpanBytes = (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)
}

private func bigEndian(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
  UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

private func hexDigits(_ value: UInt64) -> [UInt8] {
  let digits = Array("0123456789abcdef".utf8)
  return (0..<16).map { digits[Int(truncatingIfNeeded: value >> (60 - 4 * UInt64($0))) & 15] }
}
