internal import PluginABI

/// An auth request as the ABI passes it. Works on a pointer to the request, because a copy of it would retain and release every text it has.
enum AuthRequestABI {
  static func textBytes(_ request: UnsafePointer<AuthRequest>) -> Int {
    var sum = 0
    for header in request.pointee.headers { sum += header.name.utf8.count + header.value.utf8.count }
    return sum
  }

  /// The request, valid inside `body`.
  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC.
  static func with(_ pointer: UnsafePointer<AuthRequest>, deadline: UInt64, _ body: (UnsafePointer<smg_auth_request>) -> Void) {
    let headers = pointer.pointee.headers
    let size =
      pointer.pointee.context.memorySize + textBytes(pointer) + RequestMemory.size(of: headers.count, smg_kv.self)
      + pointer.pointee.method.utf8.count + pointer.pointee.target.utf8.count + pointer.pointee.resource.utf8.count
      + pointer.pointee.peer.utf8.count + pointer.pointee.transport.utf8.count
    RequestMemory.with(bytes: size) { memory in
      let array = memory.array(headers.count, of: smg_kv.self)
      for (index, header) in headers.enumerated() {
        (array + index).initialize(to: smg_kv(key: memory.bytes(header.name), value: memory.bytes(header.value)))
      }
      var abiContext = pointer.pointee.context.abiValue(in: &memory, deadline: deadline)
      withUnsafePointer(to: &abiContext) { contextPointer in
        var request = smg_auth_request(
          size: UInt32(MemoryLayout<smg_auth_request>.size), flags: 0, context: contextPointer,
          headers: smg_kvs(ptr: headers.isEmpty ? nil : UnsafePointer(array), len: headers.count),
          method: memory.bytes(pointer.pointee.method),
          target: memory.bytes(pointer.pointee.target), resource: memory.bytes(pointer.pointee.resource),
          peer: memory.bytes(pointer.pointee.peer), transport: memory.bytes(pointer.pointee.transport))
        withUnsafePointer(to: &request) { body($0) }
      }
    }
  }
}
