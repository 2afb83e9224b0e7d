internal import PluginABI

/// Bytes from the other process that are not what they must be.
struct WireError: Error, CustomStringConvertible {
  var reason: String
  init(_ reason: String) { self.reason = reason }
  var description: String { reason }
}

/// Writes the structures of the ABI as plain bytes, or reads them: each structure says once which fields it has, in which order, for both directions. Both
/// processes are the same binary on the same machine, so numbers are as they lie in memory.
///
/// A writer leaves the values as they are. A reader overwrites them; what it gives out points into the bytes that it reads and into its memory.
protocol WireCoder {
  mutating func number<Number: BitwiseCopyable>(_ value: inout Number) throws(WireError)
  mutating func bytes(_ value: inout smg_bytes) throws(WireError)
  /// Elements, each with at least eight bytes.
  mutating func array<Element: BitwiseCopyable>(
    _ pointer: inout UnsafePointer<Element>?, _ count: inout Int, empty: Element,
    _ element: (inout Self, inout Element) throws(WireError) -> Void
  ) throws(WireError)
  /// The `size` that a structure begins with: written by whoever makes the structure.
  mutating func size<Value>(_ size: inout UInt32, of _: Value.Type)
}

extension WireCoder {
  mutating func pairs(_ value: inout smg_kvs) throws(WireError) {
    try array(&value.ptr, &value.len, empty: smg_kv()) { (coder, pair) throws(WireError) in
      try coder.bytes(&pair.key)
      try coder.bytes(&pair.value)
    }
  }

  mutating func numbers<Number: BitwiseCopyable>(
    _ pointer: inout UnsafePointer<Number>?, _ count: inout Int, empty: Number
  ) throws(WireError) {
    try array(&pointer, &count, empty: empty) { (coder, number) throws(WireError) in try coder.number(&number) }
  }
}
