internal import PluginABI

/// Room for the strings and arrays of one request, valid for one operation (R1). Sized beforehand with `size(of:)`; never grows.
struct RequestMemory {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var used = 0

  private init(_ buffer: UnsafeMutableRawBufferPointer, base: UnsafeMutableRawPointer) {
    self.base = base
    capacity = buffer.count
  }

  /// Runs `body` with `bytes` of room, on the stack when they are few.
  static func with<Result>(bytes: Int, _ body: (inout RequestMemory) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: max(bytes, 16), alignment: 16) { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a non-empty buffer has an address") }
      var memory = RequestMemory(buffer, base: base)
      return body(&memory)
    }
  }

  static func size(of text: String) -> Int { text.utf8.count }
  static func size<Element>(of count: Int, _: Element.Type) -> Int { count * MemoryLayout<Element>.stride + 15 }

  /// Copies a text; empty texts are `{NULL, 0}`.
  mutating func bytes(_ text: String) -> smg_bytes {
    let count = text.utf8.count
    guard count > 0 else { return smg_bytes() }
    precondition(count <= capacity - used, "request memory was sized for this text")
    let target = (base + used).assumingMemoryBound(to: UInt8.self)
    _ = UnsafeMutableBufferPointer(start: target, count: count).initialize(from: text.utf8)
    used += count
    return smg_bytes(ptr: target, len: count)
  }

  /// Room for `count` elements, uninitialised.
  mutating func array<Element>(_ count: Int, of _: Element.Type) -> UnsafeMutablePointer<Element> {
    used = (used + 15) & ~15
    precondition(used <= capacity && count * MemoryLayout<Element>.stride <= capacity - used, "request memory was sized for this array")
    let start = (base + used).bindMemory(to: Element.self, capacity: count)
    used += count * MemoryLayout<Element>.stride
    return start
  }
}

extension [UInt8] {
  /// The bytes as the ABI passes them, valid inside `body`.
  func withBytes<Result>(_ body: (smg_bytes) -> Result) -> Result {
    withUnsafeBufferPointer { body(smg_bytes(ptr: $0.isEmpty ? nil : $0.baseAddress, len: $0.count)) }
  }
}

extension CallContext {
  var memorySize: Int {
    requestID.utf8.count + traceparent.utf8.count + principal.utf8.count + session.utf8.count + projectID.utf8.count + userID.utf8.count
      + configID.utf8.count
  }

  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC; 0 = none.
  func abiValue(in memory: inout RequestMemory, deadline: UInt64) -> smg_context {
    smg_context(
      size: UInt32(MemoryLayout<smg_context>.size), flags: 0, deadline_ns: deadline, request_id: memory.bytes(requestID),
      traceparent: memory.bytes(traceparent), principal: memory.bytes(principal), session: memory.bytes(session),
      project_id: memory.bytes(projectID), user_id: memory.bytes(userID), config_id: memory.bytes(configID))
  }

  /// The context alone, valid inside `body`.
  func withABI(deadline: UInt64, _ body: (UnsafePointer<smg_context>) -> Void) {
    RequestMemory.with(bytes: memorySize) { memory in
      var value = abiValue(in: &memory, deadline: deadline)
      body(&value)
    }
  }
}
