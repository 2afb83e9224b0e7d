package import PluginABI

/// C values that live as long as this object: what the fake host lends.
package final class Memory {
  package init() {}

  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  package func bytes(_ text: String) -> smg_bytes { bytes(Array(text.utf8)) }

  package func bytes(_ bytes: [UInt8]) -> smg_bytes {
    smg_bytes(ptr: UnsafePointer(array(bytes)), len: bytes.count)
  }

  package func pairs(_ pairs: [(String, String)]) -> smg_kvs {
    let list = pairs.map { smg_kv(key: bytes($0.0), value: bytes($0.1)) }
    return smg_kvs(ptr: UnsafePointer(array(list)), len: list.count)
  }

  package func one<Value>(_ value: Value) -> UnsafePointer<Value> { UnsafePointer(array([value])) }

  package func array<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
    let place = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, values.count * MemoryLayout<Value>.stride), alignment: MemoryLayout<Value>.alignment)
    blocks.append(place)
    let typed = place.bindMemory(to: Value.self, capacity: values.count)
    typed.initialize(from: values, count: values.count)
    return typed
  }

  package func context(deadline: UInt64 = 0) -> UnsafePointer<smg_context> {
    one(
      smg_context(
        size: UInt32(MemoryLayout<smg_context>.size), flags: 0, deadline_ns: deadline, request_id: bytes("request-1"),
        traceparent: smg_bytes(),
        principal: bytes("principal-1"), session: bytes("session-1"), project_id: bytes("project-1"), user_id: bytes("user-1"),
        config_id: bytes("config-1")))
  }
}

extension smg_bytes {
  package var text: String { String(decoding: UnsafeBufferPointer(start: ptr, count: len), as: UTF8.self) }
}
