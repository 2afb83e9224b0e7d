internal import PluginABI

/// Writes. What it is given may be a plugin's: a length without a pointer is passed on as such, and judged where it is read.
struct WireWriter: WireCoder {
  private(set) var bytes: [UInt8] = []

  init(reserving capacity: Int = 512) { bytes.reserveCapacity(capacity) }

  /// Stands for a length without a pointer.
  static let missing = UInt64.max

  mutating func number<Number: BitwiseCopyable>(_ value: inout Number) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func put<Number: BitwiseCopyable>(_ value: Number) {
    var value = value
    number(&value)
  }

  mutating func bytes(_ value: inout smg_bytes) {
    guard value.len != 0 else { return put(UInt64(0)) }
    // A size_t beyond half the address space is negative here, and no length of anything.
    guard let start = value.ptr, value.len > 0, value.len <= Limits.Plugin.maxFrameBytes else { return put(Self.missing) }
    put(UInt64(value.len))
    bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: value.len))
  }

  mutating func put(_ value: smg_bytes) {
    var value = value
    bytes(&value)
  }

  mutating func put(_ text: String) {
    put(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func put(_ data: [UInt8]) {
    put(UInt64(data.count))
    bytes += data
  }

  mutating func array<Element: BitwiseCopyable>(
    _ pointer: inout UnsafePointer<Element>?, _ count: inout Int, empty: Element,
    _ element: (inout Self, inout Element) throws(WireError) -> Void
  ) throws(WireError) {
    guard count != 0 else { return put(UInt64(0)) }
    guard let start = pointer, count > 0 else { return put(Self.missing) }
    put(UInt64(count))
    for index in 0..<count {
      guard bytes.count <= Limits.Plugin.maxFrameBytes else { throw WireError("more than \(Limits.Plugin.maxFrameBytes) bytes") }
      var value = start[index]
      try element(&self, &value)
    }
  }

  mutating func size<Value>(_ size: inout UInt32, of _: Value.Type) {}
}
