internal import PluginABI

/// What `self` points at: one instance of a provider, its type erased.
final class Instance: Sendable {
  let services: PluginServices
  let operations: Operations
  private let checkHealth: @Sendable () throws -> Void
  private let end: @Sendable (MonotonicTime) -> Void
  let tasks = TaskTable()

  enum Operations: Sendable {
    case guardrail(@Sendable (Instance, consuming Call, smg_call, GuardrailRequest) -> Void)
    case auth(@Sendable (Instance, consuming Call, smg_call, AuthRequest) -> Void, (any ConfigSource)?)
    case telemetry(any TelemetryProvider)
  }

  init(_ provider: some PluginProvider, _ services: PluginServices, _ operations: Operations) {
    self.services = services
    self.operations = operations
    checkHealth = { try provider.health() }
    end = { provider.stop(before: $0) }
  }

  /// The box that the host carries as `self`; `release` ends it.
  var retainedPointer: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }
  static func at(_ pointer: UnsafeMutableRawPointer) -> Instance { Unmanaged<Instance>.fromOpaque(pointer).takeUnretainedValue() }
  static func release(_ pointer: UnsafeMutableRawPointer) { Unmanaged<Instance>.fromOpaque(pointer).release() }

  func health(_ id: smg_call) {
    let call = Call(id, services)
    do {
      try checkHealth()
      call.succeed()
    } catch {
      call.fail(error)
    }
  }

  /// R9: ends what the provider runs itself. Not SMG_OK: a task is still inside at the deadline.
  func stop(before deadline: MonotonicTime) -> smg_status {
    tasks.cancelAll()
    end(deadline)
    return tasks.waitUntilEmpty(before: deadline) ? SMG_OK : SMG_E_TIMEOUT
  }

  /// Runs an op that waits in a task of its own; the host's `cancel` cancels it.
  func run(_ call: consuming Call, _ id: smg_call, _ body: @escaping @Sendable (CallBox) async -> Void) {
    let held = CallBox(call)
    let isStarted = tasks.start(id) { await OpenCall.$id.withValue(id) { await body(held) } }
    if !isStarted { held.take()?.fail(PluginError(.cancelled, "the instance is ending")) }
  }
}
