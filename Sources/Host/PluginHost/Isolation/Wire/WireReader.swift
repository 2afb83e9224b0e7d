internal import PluginABI

/// Reads. The bytes may be anything: whoever wrote them may have been taken over by a plugin.
struct WireReader: WireCoder {
  private var rest: UnsafeRawBufferPointer
  private let memory: WireMemory

  /// - Parameters:
  ///   - bytes: stay in place for as long as what is read is used.
  ///   - memory: likewise.
  init(_ bytes: UnsafeRawBufferPointer, memory: WireMemory) {
    rest = bytes
    self.memory = memory
  }

  mutating func number<Number: BitwiseCopyable>(_ value: inout Number) throws(WireError) {
    value = try number(Number.self)
  }

  mutating func number<Number: BitwiseCopyable>(_: Number.Type = Number.self) throws(WireError) -> Number {
    let size = MemoryLayout<Number>.size
    guard rest.count >= size else { throw WireError("it ends too early") }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[size...]) }
    return rest.loadUnaligned(as: Number.self)
  }

  mutating func bytes(_ value: inout smg_bytes) throws(WireError) {
    let count = try number(UInt64.self)
    guard count != WireWriter.missing else {
      value = smg_bytes(ptr: nil, len: 1)
      return
    }
    guard count <= rest.count else { throw WireError("a text is longer than the frame") }
    let length = Int(count)
    value = smg_bytes(ptr: length == 0 ? nil : rest.baseAddress?.assumingMemoryBound(to: UInt8.self), len: length)
    rest = UnsafeRawBufferPointer(rebasing: rest[length...])
  }

  mutating func text() throws(WireError) -> smg_bytes {
    var value = smg_bytes()
    try bytes(&value)
    return value
  }

  mutating func string(max: Int) throws(WireError) -> String { PluginText.lossy(try text(), max: max) }

  mutating func data() throws(WireError) -> [UInt8] {
    let value = try text()
    return Array(UnsafeBufferPointer(start: value.ptr, count: value.ptr == nil ? 0 : value.len))
  }

  mutating func array<Element: BitwiseCopyable>(
    _ pointer: inout UnsafePointer<Element>?, _ count: inout Int, empty: Element,
    _ element: (inout Self, inout Element) throws(WireError) -> Void
  ) throws(WireError) {
    let wanted = try number(UInt64.self)
    guard wanted != WireWriter.missing else {
      (pointer, count) = (nil, 1)
      return
    }
    // No structure of the ABI takes more than twice the room that it has on the wire: a short message cannot ask for much memory.
    let bound = rest.count / max(8, (MemoryLayout<Element>.stride + 2) / 3)
    guard wanted <= UInt64(bound) else { throw WireError("an array is longer than the frame") }
    count = Int(wanted)
    guard count > 0 else {
      pointer = nil
      return
    }
    let start = memory.array(count, of: empty)
    for index in 0..<count { try element(&self, &start[index]) }
    pointer = UnsafePointer(start)
  }

  mutating func size<Value>(_ size: inout UInt32, of _: Value.Type) { size = UInt32(MemoryLayout<Value>.size) }
}

/// Where a reader puts arrays and structures.
final class WireMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  func array<Element: BitwiseCopyable>(_ count: Int, of value: Element) -> UnsafeMutablePointer<Element> {
    let block = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Element>.stride, alignment: 16)
    blocks.append(block)
    let start = block.bindMemory(to: Element.self, capacity: count)
    start.initialize(repeating: value, count: count)
    return start
  }

  func keep<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> { UnsafePointer(array(1, of: value)) }
}
