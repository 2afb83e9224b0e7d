internal import PluginABI

/// Texts side by side in one buffer, so that C structs can point at them for the time of one call.
///
/// First everything is added, which gives ranges; then `withBase` fixes the buffer in place and turns ranges into `smg_bytes`.
struct Arena {
  private var storage: [UInt8] = []

  struct Slice {
    fileprivate let start: Int
    fileprivate let count: Int
    static let empty = Slice(start: 0, count: 0)
  }

  struct Base {
    fileprivate let buffer: UnsafeBufferPointer<UInt8>
    subscript(slice: Slice) -> smg_bytes {
      guard slice.count > 0, let start = buffer.baseAddress else { return smg_bytes() }
      return smg_bytes(ptr: start + slice.start, len: slice.count)
    }
  }

  mutating func add(_ text: String) -> Slice {
    guard !text.isEmpty else { return .empty }
    let start = storage.count
    storage.append(contentsOf: text.utf8)
    return Slice(start: start, count: storage.count - start)
  }

  mutating func add(_ bytes: [UInt8]) -> Slice {
    let start = storage.count
    storage.append(contentsOf: bytes)
    return Slice(start: start, count: bytes.count)
  }

  func withBase<Result>(_ body: (Base) -> Result) -> Result {
    storage.withUnsafeBufferPointer { body(Base(buffer: $0)) }
  }
}
