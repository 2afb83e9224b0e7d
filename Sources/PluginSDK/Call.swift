internal import PluginABI

/// One open call. It is completed exactly once: every way of finishing consumes it, and one that is dropped completes itself with an error.
struct Call: ~Copyable, Sendable {
  private let id: smg_call
  private nonisolated(unsafe) let host: UnsafePointer<smg_host>

  init(_ id: smg_call, _ services: PluginServices) {
    self.id = id
    host = services.host
  }

  deinit { Self.complete(host, id, PluginError.internal("the provider ended without an answer")) }

  /// SMG_OK without a value.
  consuming func succeed() {
    Self.complete(host, id, SMG_OK, smg_bytes(), nil, 0)
    discard self
  }

  /// SMG_OK with the op's result structure, or a refusal with its own status.
  consuming func finish<Value>(_ value: Value, status: smg_status = SMG_OK, message: smg_bytes = smg_bytes()) {
    withUnsafePointer(to: value) { Self.complete(host, id, status, message, UnsafeRawPointer($0), UInt32(MemoryLayout<Value>.size)) }
    discard self
  }

  consuming func fail(_ error: any Error) {
    Self.complete(host, id, PluginError(error, otherwise: .internal))
    discard self
  }

  private static func complete(_ host: UnsafePointer<smg_host>, _ id: smg_call, _ error: PluginError) {
    var text = error.message
    text.withUTF8 {
      let message = smg_bytes(ptr: $0.baseAddress, len: $0.count)
      complete(host, id, error.status.rawValue, message, nil, 0, error.retryAfterMilliseconds)
    }
  }

  private static func complete(
    _ host: UnsafePointer<smg_host>, _ id: smg_call, _ status: smg_status, _ message: smg_bytes, _ value: UnsafeRawPointer?,
    _ valueSize: UInt32, _ retryAfterMilliseconds: UInt32 = 0
  ) {
    var outcome = smg_outcome(
      size: UInt32(MemoryLayout<smg_outcome>.size), status: status, message: message, value: value, value_size: valueSize,
      retry_after_ms: retryAfterMilliseconds)
    // STALE is no error here: the host has ended the call meanwhile and wants nothing more from it.
    _ = host.pointee.complete(host.pointee.ctx, id, &outcome)
  }
}
