internal import Egress
internal import PluginABI

/// The host as a plugin under check sees it: its table, its services, and a record of all that the plugin does with them. One for an instance, for ever (R1).
final class CheckHost: Sendable {
  /// What the HTTP service does with requests. There is no network here.
  enum HTTP: Sendable, Equatable {
    /// Each ends in SMG_E_UNAVAILABLE.
    case down
    /// `start` and `fetch` refuse each at once.
    case refuses
    /// Each is answered with this.
    case answers(code: UInt32, body: [UInt8])
    /// Each waits until it is cancelled or the instance ends.
    case silent
  }

  struct Services: Sendable {
    var isOffered = true
    /// The provider promises never to wait, so that `fetch` is not for it.
    var isInline = false
    var http = HTTP.down
  }

  enum Phase: Int, Comparable, Sendable {
    case creating, live, stopping, destroyed
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  let id: UInt32
  let log: CheckLog
  let frames: Frames
  let services: Services
  let kind: ProviderKind
  let calls: OpenCalls
  let callbacks: Callbacks
  let phase = Monitor(Phase.creating)
  /// What `create` gets.
  nonisolated(unsafe) let table: UnsafeMutablePointer<smg_host>

  private static let all = Monitor<[CheckHost]>([])

  init(kind: ProviderKind, services: Services, log: CheckLog, frames: Frames) {
    self.kind = kind
    self.services = services
    self.log = log
    self.frames = frames
    id = Self.all.withLock { UInt32(truncatingIfNeeded: $0.count + 1) }
    calls = OpenCalls(owner: id, log: log)
    callbacks = Callbacks(frames: frames)
    table = .allocate(capacity: 1)
    table.initialize(to: CheckHostTable.host(context: Unmanaged.passUnretained(self).toOpaque()))
    Self.all.withLock { $0.append(self) }
  }

  var currentPhase: Phase { phase.withLock { $0 } }

  func advance(to next: Phase) { phase.withLock { $0 = max($0, next) } }

  /// A function of the host is called.
  func called(_ function: StaticString) {
    if currentPhase == .destroyed {
      log.fail("after-destroy", "called \(function) of the host after destroy(): a thread of the plugin has outlived stop()")
    }
  }

  // MARK: Functions of the table

  func complete(_ call: smg_call, _ outcome: UnsafeRawPointer?) -> smg_status {
    called("complete()")
    return calls.complete(call, outcome)
  }

  func write(_ level: UInt32, _ message: smg_bytes, _ fields: smg_kvs) {
    called("log()")
    do throws(MalformedValue) {
      _ = try PluginText.string(message, "a log message", max: Limits.Plugin.maxResponseBytes)
      for field in try PluginText.elements(fields.ptr, fields.len, "a log line's fields", max: Int(UInt16.max)) {
        _ = try PluginText.string(field.key, "a log field's name", max: Limits.Plugin.maxResponseBytes)
        _ = try PluginText.string(field.value, "a log field's value", max: Limits.Plugin.maxResponseBytes)
      }
    } catch {
      log.fail("host-calls", "called log() with what is malformed: \(error.reason)")
    }
  }

  func record(_ kind: UInt32, _ name: smg_bytes, _ unit: smg_bytes, _ value: Double, _ labels: smg_kvs) {
    called("record()")
    do throws(MalformedValue) {
      guard let kind = PluginMetricKind(rawValue: kind) else { throw MalformedValue("kind \(kind) is unknown") }
      guard value.isFinite, kind != .counter || value >= 0 else { throw MalformedValue("the value \(value) is not one it can have") }
      _ = try PluginText.name(name, "the metric's name")
      _ = try PluginText.string(unit, "the unit", max: Limits.Plugin.maxIdentifierBytes)
      for label in try PluginText.elements(labels.ptr, labels.len, "the labels", max: Limits.Plugin.maxMetricLabels) {
        _ = try PluginText.name(label.key, "a label's name")
        _ = try PluginText.string(label.value, "a label's value")
      }
    } catch {
      log.fail("host-calls", "recorded a metric that the gateway drops: \(error.reason)")
    }
  }

  func after(_ delay: UInt64, _ callback: Callbacks.Timer?, _ place: UnsafeMutablePointer<UInt64>?) -> smg_status {
    called("after()")
    guard let callback else {
      log.fail("host-calls", "called after() without a function")
      return SMG_E_INVALID
    }
    if let refusal = refusal { return refusal }
    return callbacks.after(delay, callback, place)
  }

  func cancel(_ id: UInt64) -> smg_status {
    called("cancel()")
    return callbacks.cancel(id)
  }

  /// R8: neither before `create` has returned nor once `stop` has been entered.
  private var refusal: smg_status? {
    switch currentPhase {
    case .creating: SMG_E_UNAVAILABLE
    case .live: nil
    case .stopping, .destroyed: SMG_E_CANCELLED
    }
  }

  func send(
    _ request: UnsafeRawPointer?, _ callback: Callbacks.Request?, _ place: UnsafeMutablePointer<UInt64>?, waits: Bool
  ) -> smg_status {
    called(waits ? "fetch()" : "start()")
    guard let callback else {
      log.fail("host-calls", "sent an HTTP request without a function for its answer")
      return SMG_E_INVALID
    }
    let call: smg_call
    do throws(MalformedValue) {
      call = try PluginHTTPRequest(request, rules: EgressRules()).call
    } catch {
      log.fail("host-calls", "sent an HTTP request that is malformed: \(error.reason)")
      return SMG_E_INVALID
    }
    if let refusal = refusal { return refusal }
    if waits, services.isInline { return SMG_E_UNSUPPORTED }
    if call != 0, !calls.isOpen(call) { return SMG_E_STALE }
    return callbacks.send(services.http, callback, place, waits: waits)
  }

  func find(_ key: smg_bytes, _ isFound: Bool) -> smg_status {
    called("find_api_key()")
    if !isFound { log.fail("host-calls", "called find_api_key() without a function") }
    return isFound ? SMG_E_NOT_FOUND : SMG_E_INVALID
  }
}
