internal import PluginABI

/// The functions a plugin may call. Each takes the instance's ctx; none follows a NULL pointer, holds a lock while it calls
/// back, or, `fetch` apart, lets the plugin wait.
enum HostServices {
  private typealias Context = UnsafeMutableRawPointer

  // The tables are immutable and live until exit (R1).
  private static nonisolated(unsafe) let metricsTable = immortal(
    smg_host_metrics(size: UInt32(MemoryLayout<smg_host_metrics>.size), flags: 0, record: unsafeBitCast(record, to: RecordFunction.self)))
  private static nonisolated(unsafe) let timerTable = immortal(
    smg_host_timer(
      size: UInt32(MemoryLayout<smg_host_timer>.size), flags: 0, after: unsafeBitCast(after, to: AfterFunction.self),
      cancel: unsafeBitCast(cancelTimer, to: CancelFunction.self)))
  private static nonisolated(unsafe) let directoryTable = immortal(
    smg_host_directory(
      size: UInt32(MemoryLayout<smg_host_directory>.size), flags: 0, find_api_key: unsafeBitCast(findAPIKey, to: FindFunction.self)))

  private static nonisolated(unsafe) let httpTable = immortal(
    smg_host_http(
      size: UInt32(MemoryLayout<smg_host_http>.size), flags: 0, start: unsafeBitCast(startRequest, to: StartFunction.self),
      cancel: unsafeBitCast(cancelRequest, to: CancelFunction.self), fetch: unsafeBitCast(fetchRequest, to: FetchFunction.self)))

  private static func immortal<Table>(_ value: Table) -> UnsafeRawPointer {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    pointer.initialize(to: value)
    return UnsafeRawPointer(pointer)
  }

  /// What `create` gets.
  static func table(context: UnsafeMutableRawPointer) -> smg_host {
    smg_host(
      size: UInt32(MemoryLayout<smg_host>.size), abi_minor: SMG_ABI_MINOR, ctx: context,
      complete: unsafeBitCast(complete, to: CompleteFunction.self), log: unsafeBitCast(log, to: LogFunction.self),
      get_interface: unsafeBitCast(getInterface, to: InterfaceFunction.self))
  }

  // The header says that these pointers are never NULL, but a plugin may pass NULL all the same: the functions below take them as optional, and are the
  // same functions to the C calling convention.
  private typealias CompleteFunction = @convention(c) (Context, smg_call, UnsafePointer<smg_outcome>) -> smg_status
  private typealias LogFunction = @convention(c) (Context, UInt32, smg_bytes, smg_kvs) -> Void
  private typealias InterfaceFunction = @convention(c) (Context, UnsafePointer<CChar>) -> UnsafeRawPointer?
  private typealias RecordFunction = @convention(c) (Context, UInt32, smg_bytes, smg_bytes, Double, smg_kvs) -> Void
  private typealias FireFunction = @convention(c) (Context?, smg_status) -> Void
  private typealias AfterFunction = @convention(c) (Context, UInt64, FireFunction, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status
  private typealias CancelFunction = @convention(c) (Context, UInt64) -> smg_status
  private typealias FoundFunction = @convention(c) (Context?, UnsafePointer<smg_key_record>) -> Void
  private typealias FindFunction = @convention(c) (Context, smg_bytes, FoundFunction, Context?) -> smg_status

  private typealias DoneFunction = PluginRequests.Done
  private typealias StartFunction =
    @convention(c) (Context, UnsafePointer<smg_http_request>, DoneFunction, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status
  private typealias FetchFunction = @convention(c) (Context, UnsafePointer<smg_http_request>, DoneFunction, Context?) -> smg_status

  private static func core(_ context: Context?) -> InstanceCore? {
    context.map { Unmanaged<InstanceCore>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let complete: @convention(c) (Context?, smg_call, UnsafeRawPointer?) -> smg_status = { context, call, outcome in
    core(context)?.complete(call, outcome) ?? SMG_E_INVALID
  }

  private static let log: @convention(c) (Context?, UInt32, smg_bytes, smg_kvs) -> Void = { context, level, message, fields in
    core(context)?.pluginLogs(level, message, fields)
  }

  private static let getInterface: @convention(c) (Context?, UnsafePointer<CChar>?) -> UnsafeRawPointer? = { context, id in
    guard let core = core(context), let id, let name = PluginText.cString(id) else { return nil }
    return switch name {
    case SMG_HOST_METRICS: metricsTable
    case SMG_HOST_TIMER: timerTable
    case SMG_HOST_HTTP: httpTable
    case SMG_HOST_DIRECTORY: core.directory == nil ? nil : directoryTable
    default: nil
    }
  }

  private static let record: @convention(c) (Context?, UInt32, smg_bytes, smg_bytes, Double, smg_kvs) -> Void = {
    core($0)?.pluginRecords(kind: $1, name: $2, unit: $3, value: $4, labels: $5)
  }

  private static let after: @convention(c) (Context?, UInt64, FireFunction?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
    context, delay, fire, argument, id in
    guard let core = core(context), let fire else { return SMG_E_INVALID }
    return core.timers.after(core, delay: delay, PluginTimers.Callback(fire: fire, argument: argument), id: id)
  }

  private static let cancelTimer: @convention(c) (Context?, UInt64) -> smg_status = { context, id in
    guard let core = core(context) else { return SMG_E_INVALID }
    return core.timers.cancel(core, id: id)
  }

  private static let findAPIKey: @convention(c) (Context?, smg_bytes, FoundFunction?, Context?) -> smg_status = {
    context, key, found, argument in
    guard let core = core(context), let found else { return SMG_E_INVALID }
    return core.findAPIKey(key) { found(argument, $0) }
  }

  private static let startRequest:
    @convention(c) (Context?, UnsafeRawPointer?, DoneFunction?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
      context, request, done, argument, id in
      guard let core = core(context), let done else { return SMG_E_INVALID }
      do throws(PluginRequests.Refusal) {
        try core.requests.start(core, request, PluginRequests.Callback(done: done, argument: argument), id: id)
        return SMG_OK
      } catch {
        return error.status
      }
    }

  private static let cancelRequest: @convention(c) (Context?, UInt64) -> smg_status = { context, id in
    guard let core = core(context) else { return SMG_E_INVALID }
    return core.requests.cancel(core, id: id) ? SMG_OK : SMG_E_STALE
  }

  private static let fetchRequest: @convention(c) (Context?, UnsafeRawPointer?, DoneFunction?, Context?) -> smg_status = {
    context, request, done, argument in
    guard let core = core(context), let done else { return SMG_E_INVALID }
    do throws(PluginRequests.Refusal) {
      try core.requests.fetch(core, request, PluginRequests.Callback(done: done, argument: argument))
      return SMG_OK
    } catch {
      return error.status
    }
  }
}
