internal import NIOCore
internal import PluginABI

extension InstanceCore {
  /// `create` said no.
  struct CreateRefusal: Error {
    var reason: String
  }

  /// An instance that the plugin has created.
  struct Created: @unchecked Sendable {
    // The plugin's own pointer, handed back to it and never followed.
    let pointer: UnsafeMutableRawPointer
  }

  /// Calls the provider's `create` on the current thread. The instance is not live before `begin`.
  func create(_ config: [UInt8]) -> Result<Created, CreateRefusal> {
    var pointer: UnsafeMutableRawPointer?
    createError.open()
    let sink = smg_sink(
      ctx: host.pointee.ctx,
      write: { context, chunk in
        guard let start = chunk.ptr, chunk.len > 0 else { return }
        let core = Unmanaged<InstanceCore>.fromOpaque(context).takeUnretainedValue()
        core.createError.write(UnsafeBufferPointer(start: start, count: min(chunk.len, Limits.Plugin.maxMessageBytes)))
      })
    let status = config.withBytes { table.provider.pointee.create(host, $0, sink, &pointer) }
    let text = createError.close()
    guard status == SMG_OK else {
      return .failure(
        CreateRefusal(reason: text.isEmpty ? "create answered \(Self.name(of: status))" : "\(text) (\(Self.name(of: status)))"))
    }
    guard let pointer else { return .failure(CreateRefusal(reason: "create answered SMG_OK without an instance")) }
    return .success(Created(pointer: pointer))
  }

  private static func name(of status: smg_status) -> String {
    switch status {
    case SMG_E_INVALID: "invalid"
    case SMG_E_UNSUPPORTED: "unsupported"
    case SMG_E_NOT_FOUND: "not found"
    case SMG_E_TIMEOUT: "timeout"
    case SMG_E_CANCELLED: "cancelled"
    case SMG_E_UNAVAILABLE: "unavailable"
    case SMG_E_INTERNAL: "internal"
    default: "status \(status)"
    }
  }
}

extension InstanceCore {
  /// Creates the instance on a pool thread, within `timeout`, and makes it live.
  /// - Returns: nil when it is live, otherwise why not.
  func createOnPool(_ config: [UInt8], timeout: TimeAmount) async -> String? {
    let deadline = Self.soon(timeout)
    // A call of the host's own (owner 0): no plugin can complete it.
    guard let call = runtime.calls.reserve(owner: 0, expecting: .nothing, deadline: deadline, isEntered: false) else {
      return "too many calls are open"
    }
    let outcome = await settle(call, deadline: deadline) {
      let isTaken = self.runtime.operations.submit { worker in
        PoolFrame.run(self, "create", until: deadline, worker: worker, turn: nil) { self.createHere(config, call) }
      }
      if !isTaken { _ = self.runtime.calls.finish(call, PluginFailure(.unavailable, "too many operations wait for a thread")) }
    }
    guard case .failed(let failure) = outcome else { return nil }
    return failure.code == .timeout ? "create has not returned within \(timeout.nanoseconds / 1_000_000) ms" : failure.message
  }

  private func createHere(_ config: [UInt8], _ call: smg_call) {
    // Given up before its turn came.
    guard runtime.calls.enter(call) else { return }
    switch create(config) {
    case .failure(let refusal):
      _ = runtime.calls.finish(call, PluginFailure(.invalid, refusal.reason))
    case .success(let created):
      if runtime.calls.claim(call, owner: 0) != nil {
        begin(created.pointer)
        runtime.calls.deliver(call, .done)
      } else {
        discard(created.pointer)
      }
    }
  }
}
