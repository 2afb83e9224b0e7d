internal import PluginABI

/// The C functions of `CheckHost`. They take pointers as optional that the header says are never NULL, because a plugin may pass NULL all the same; to the C
/// calling convention they are the same functions.
enum CheckHostTable {
  private typealias Context = UnsafeMutableRawPointer
  private typealias CompleteFunction = @convention(c) (Context, smg_call, UnsafePointer<smg_outcome>) -> smg_status
  private typealias LogFunction = @convention(c) (Context, UInt32, smg_bytes, smg_kvs) -> Void
  private typealias InterfaceFunction = @convention(c) (Context, UnsafePointer<CChar>) -> UnsafeRawPointer?
  private typealias RecordFunction = @convention(c) (Context, UInt32, smg_bytes, smg_bytes, Double, smg_kvs) -> Void
  private typealias CancelFunction = @convention(c) (Context, UInt64) -> smg_status
  private typealias AfterFunction = @convention(c) (Context, UInt64, Callbacks.Fire, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status
  private typealias StartFunction =
    @convention(c) (Context, UnsafePointer<smg_http_request>, Callbacks.Done, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status
  private typealias FetchFunction = @convention(c) (Context, UnsafePointer<smg_http_request>, Callbacks.Done, Context?) -> smg_status
  private typealias FoundFunction = @convention(c) (Context?, UnsafePointer<smg_key_record>) -> Void
  private typealias FindFunction = @convention(c) (Context, smg_bytes, FoundFunction, Context?) -> smg_status

  static func host(context: UnsafeMutableRawPointer) -> smg_host {
    smg_host(
      size: UInt32(MemoryLayout<smg_host>.size), abi_minor: SMG_ABI_MINOR, ctx: context,
      complete: unsafeBitCast(complete, to: CompleteFunction.self), log: unsafeBitCast(log, to: LogFunction.self),
      get_interface: unsafeBitCast(getInterface, to: InterfaceFunction.self))
  }

  private static func immortal<Table>(_ value: Table) -> UnsafeRawPointer {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    pointer.initialize(to: value)
    return UnsafeRawPointer(pointer)
  }

  // Immutable, until the process ends (R1).
  private static nonisolated(unsafe) let metricsTable = immortal(
    smg_host_metrics(size: UInt32(MemoryLayout<smg_host_metrics>.size), flags: 0, record: unsafeBitCast(record, to: RecordFunction.self)))
  private static nonisolated(unsafe) let timerTable = immortal(
    smg_host_timer(
      size: UInt32(MemoryLayout<smg_host_timer>.size), flags: 0, after: unsafeBitCast(after, to: AfterFunction.self),
      cancel: unsafeBitCast(cancel, to: CancelFunction.self)))
  private static nonisolated(unsafe) let httpTable = immortal(
    smg_host_http(
      size: UInt32(MemoryLayout<smg_host_http>.size), flags: 0, start: unsafeBitCast(start, to: StartFunction.self),
      cancel: unsafeBitCast(cancel, to: CancelFunction.self), fetch: unsafeBitCast(fetch, to: FetchFunction.self)))
  private static nonisolated(unsafe) let directoryTable = immortal(
    smg_host_directory(
      size: UInt32(MemoryLayout<smg_host_directory>.size), flags: 0, find_api_key: unsafeBitCast(find, to: FindFunction.self)))

  private static func host(_ context: Context?) -> CheckHost? {
    context.map { Unmanaged<CheckHost>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let complete: @convention(c) (Context?, smg_call, UnsafeRawPointer?) -> smg_status = { context, call, outcome in
    host(context)?.complete(call, outcome) ?? SMG_E_INVALID
  }

  private static let log: @convention(c) (Context?, UInt32, smg_bytes, smg_kvs) -> Void = { context, level, message, fields in
    host(context)?.write(level, message, fields)
  }

  private static let getInterface: @convention(c) (Context?, UnsafePointer<CChar>?) -> UnsafeRawPointer? = { context, id in
    guard let host = host(context), let id, let name = PluginText.cString(id), host.services.isOffered else { return nil }
    host.called("get_interface()")
    return switch name {
    case SMG_HOST_METRICS: metricsTable
    case SMG_HOST_TIMER: timerTable
    case SMG_HOST_HTTP: httpTable
    case SMG_HOST_DIRECTORY: host.kind == .auth ? directoryTable : nil
    default: nil
    }
  }

  private static let record: @convention(c) (Context?, UInt32, smg_bytes, smg_bytes, Double, smg_kvs) -> Void = {
    host($0)?.record($1, $2, $3, $4, $5)
  }

  private static let after: @convention(c) (Context?, UInt64, Callbacks.Fire?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
    context, delay, fire, argument, place in
    let callback = fire.map { Callbacks.Timer(fire: $0, argument: argument) }
    return host(context)?.after(delay, callback, place) ?? SMG_E_INVALID
  }

  private static let cancel: @convention(c) (Context?, UInt64) -> smg_status = { context, id in
    host(context)?.cancel(id) ?? SMG_E_INVALID
  }

  private static let start:
    @convention(c) (Context?, UnsafeRawPointer?, Callbacks.Done?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
      context, request, done, argument, place in
      let callback = done.map { Callbacks.Request(done: $0, argument: argument) }
      return host(context)?.send(request, callback, place, waits: false) ?? SMG_E_INVALID
    }

  private static let fetch: @convention(c) (Context?, UnsafeRawPointer?, Callbacks.Done?, Context?) -> smg_status = {
    context, request, done, argument in
    let callback = done.map { Callbacks.Request(done: $0, argument: argument) }
    return host(context)?.send(request, callback, nil, waits: true) ?? SMG_E_INVALID
  }

  private static let find: @convention(c) (Context?, smg_bytes, FoundFunction?, Context?) -> smg_status = { context, key, found, _ in
    host(context)?.find(key, found != nil) ?? SMG_E_INVALID
  }
}
