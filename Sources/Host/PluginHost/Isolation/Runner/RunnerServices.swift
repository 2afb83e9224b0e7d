internal import PluginABI
internal import Synchronization

/// The functions that a plugin may call, in its own process. Most become a message to the gateway, which bounds and judges them as it does those of a plugin
/// in its own process.
enum RunnerServices {
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

  // As in `HostServices`: a plugin may pass NULL where it must not.
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

  private static func instance(_ context: Context?) -> RunnerInstance? {
    context.map { Unmanaged<RunnerInstance>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let complete: @convention(c) (Context?, smg_call, UnsafeRawPointer?) -> smg_status = { context, call, outcome in
    instance(context)?.complete(call, outcome) ?? SMG_E_INVALID
  }

  private static let log: @convention(c) (Context?, UInt32, smg_bytes, smg_kvs) -> Void = { context, level, message, fields in
    instance(context)?.log(level, message, fields)
  }

  private static let getInterface: @convention(c) (Context?, UnsafePointer<CChar>?) -> UnsafeRawPointer? = { context, id in
    guard let instance = instance(context), let id, let name = PluginText.cString(id) else { return nil }
    return switch name {
    case SMG_HOST_METRICS: metricsTable
    case SMG_HOST_TIMER: timerTable
    case SMG_HOST_HTTP: httpTable
    case SMG_HOST_DIRECTORY: instance.provider.kind == .auth ? directoryTable : nil
    default: nil
    }
  }

  private static let record: @convention(c) (Context?, UInt32, smg_bytes, smg_bytes, Double, smg_kvs) -> Void = {
    instance($0)?.record(kind: $1, name: $2, unit: $3, value: $4, labels: $5)
  }

  private static let after: @convention(c) (Context?, UInt64, FireFunction?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
    context, delay, fire, argument, id in
    guard let instance = instance(context), let fire else { return SMG_E_INVALID }
    return instance.startTimer(delay: delay, PluginTimers.Callback(fire: fire, argument: argument), id: id)
  }

  private static let cancelTimer: @convention(c) (Context?, UInt64) -> smg_status = { context, id in
    instance(context)?.cancelTimer(id) ?? SMG_E_INVALID
  }

  private static let findAPIKey: @convention(c) (Context?, smg_bytes, FoundFunction?, Context?) -> smg_status = {
    context, key, found, argument in
    guard let instance = instance(context), let found else { return SMG_E_INVALID }
    return instance.findKey(key) { found(argument, $0) }
  }

  private static let startRequest:
    @convention(c) (Context?, UnsafeRawPointer?, DoneFunction?, Context?, UnsafeMutablePointer<UInt64>?) -> smg_status = {
      context, request, done, argument, id in
      guard let instance = instance(context), let done else { return SMG_E_INVALID }
      return instance.startRequest(request, .callback(PluginRequests.Callback(done: done, argument: argument)), id: id)
    }

  private static let cancelRequest: @convention(c) (Context?, UInt64) -> smg_status = { context, id in
    instance(context)?.cancelRequest(id) ?? SMG_E_INVALID
  }

  private static let fetchRequest: @convention(c) (Context?, UnsafeRawPointer?, DoneFunction?, Context?) -> smg_status = {
    context, request, done, argument in
    guard let instance = instance(context), let done else { return SMG_E_INVALID }
    return instance.fetch(request, PluginRequests.Callback(done: done, argument: argument))
  }
}

extension RunnerInstance {
  /// `smg_host.complete`: what the outcome is worth, the gateway finds out.
  func complete(_ call: smg_call, _ pointer: UnsafeRawPointer?) -> smg_status {
    guard let expected = calls.withLock({ $0.complete(call) }) else {
      send(.counted, Counted.staleCompletion.rawValue)
      return SMG_E_STALE
    }
    var writer = WireWriter()
    do throws(WireError) {
      try writer.put(outcome: pointer, of: expected)
    } catch {
      writer = WireWriter()
      writer.put(UInt8(0))
    }
    send(.complete, call, writer.bytes)
    return SMG_OK
  }

  func log(_ level: UInt32, _ message: smg_bytes, _ fields: smg_kvs) {
    guard !ThreadFrame.current.isEmitting else { return send(.counted, Counted.droppedLog.rawValue) }
    var writer = WireWriter()
    writer.put(level)
    // Lossy, as the gateway cuts and repairs it anyway.
    writer.put(PluginText.lossy(message, max: Limits.Plugin.maxMessageBytes))
    var pairs = fields
    pairs.len = fields.ptr == nil ? 0 : min(max(0, fields.len), Limits.Plugin.maxLogFields)
    do throws(WireError) { try writer.pairs(&pairs) } catch { return }
    send(.log, 0, writer.bytes)
  }

  func record(kind: UInt32, name: smg_bytes, unit: smg_bytes, value: Double, labels: smg_kvs) {
    var writer = WireWriter()
    writer.put(kind)
    writer.put(name)
    writer.put(unit)
    writer.put(value)
    var pairs = labels
    // One too many is as bad as a thousand.
    pairs.len = min(labels.len, Limits.Plugin.maxMetricLabels + 1)
    do throws(WireError) { try writer.pairs(&pairs) } catch { return }
    send(.metric, 0, writer.bytes)
  }
}
