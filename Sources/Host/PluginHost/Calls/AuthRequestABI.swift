internal import PluginABI

extension AuthRequest {
  var textBytes: Int { headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

  /// The request as the ABI passes it, valid inside `body`.
  func withABI(deadline: UInt64, _ body: (UnsafePointer<smg_auth_request>) -> Void) {
    let size =
      context.memorySize + textBytes + RequestMemory.size(of: headers.count, smg_kv.self) + method.utf8.count + target.utf8.count
      + resource.utf8.count + peer.utf8.count + transport.utf8.count
    RequestMemory.with(bytes: size) { memory in
      let array = memory.array(headers.count, of: smg_kv.self)
      for (index, header) in headers.enumerated() {
        (array + index).initialize(to: smg_kv(key: memory.bytes(header.name), value: memory.bytes(header.value)))
      }
      var abiContext = context.abiValue(in: &memory, deadline: deadline)
      withUnsafePointer(to: &abiContext) { contextPointer in
        var request = smg_auth_request(
          size: UInt32(MemoryLayout<smg_auth_request>.size), flags: 0, context: contextPointer,
          headers: smg_kvs(ptr: headers.isEmpty ? nil : UnsafePointer(array), len: headers.count), method: memory.bytes(method),
          target: memory.bytes(target), resource: memory.bytes(resource), peer: memory.bytes(peer), transport: memory.bytes(transport))
        withUnsafePointer(to: &request) { body($0) }
      }
    }
  }
}
