internal import PluginABI

/// UTF-8 text that belongs to the host and is lent for the time of one call.
///
/// The type cannot outlive the request that it came from: the compiler refuses to store it. Copy what is kept with `string` or `bytes`.
public struct BorrowedText: ~Escapable {
  private let raw: smg_bytes

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ raw: smg_bytes, of owner: borrowing Owner) { self.raw = raw }

  /// Bytes, not characters.
  public var count: Int { raw.ptr == nil ? 0 : max(0, raw.len) }
  public var isEmpty: Bool { count == 0 }

  private var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: raw.ptr, count: count) }

  /// The bytes in place, without a copy.
  public var utf8: Span<UInt8> {
    @_lifetime(copy self) get { _overrideLifetime(Span(_unsafeElements: buffer), copying: self) }
  }

  /// The bytes in place, as a buffer that is dead when `body` returns.
  public func withUTF8<Result, Failure: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
    try body(buffer)
  }

  /// The text from byte `count` on; empty beyond the end.
  @_lifetime(copy self)
  public func dropFirst(_ count: Int) -> BorrowedText {
    let skipped = min(max(0, count), self.count)
    return BorrowedText(smg_bytes(ptr: raw.ptr.map { $0 + skipped }, len: self.count - skipped), of: self)
  }

  /// A copy; what is not UTF-8 becomes U+FFFD.
  public var string: String { String(decoding: buffer, as: UTF8.self) }
  /// A copy.
  public var bytes: [UInt8] { Array(buffer) }

  public static func == (left: BorrowedText, right: StaticString) -> Bool {
    left.equals(UnsafeBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
  }

  public static func == (left: BorrowedText, right: BorrowedText) -> Bool { left.equals(right.buffer) }

  public static func == (left: BorrowedText, right: String) -> Bool {
    var right = right
    return right.withUTF8 { left.equals($0) }
  }

  private func equals(_ other: UnsafeBufferPointer<UInt8>) -> Bool { buffer.elementsEqual(other) }
}

/// Names with their texts (headers, labels, resource attributes), lent for the time of one call. Names may repeat.
public struct BorrowedPairs: ~Escapable {
  private let raw: smg_kvs

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ raw: smg_kvs, of owner: borrowing Owner) { self.raw = raw }

  public var count: Int { raw.ptr == nil ? 0 : max(0, raw.len) }
  public var indices: Range<Int> { 0..<count }

  @_lifetime(copy self)
  public func name(_ index: Int) -> BorrowedText {
    BorrowedText(pair(index)?.key ?? smg_bytes(), of: self)
  }

  @_lifetime(copy self)
  public func value(_ index: Int) -> BorrowedText {
    BorrowedText(pair(index)?.value ?? smg_bytes(), of: self)
  }

  private func pair(_ index: Int) -> smg_kv? {
    guard let pairs = raw.ptr, indices.contains(index) else { return nil }
    return pairs[index]
  }

  /// A copy.
  public var pairs: [(name: String, value: String)] { indices.map { (name($0).string, value($0).string) } }
}
