internal import PluginABI

/// What the host does for one instance. Usable from any thread from `init` on; after `stop` calls do nothing.
public struct PluginServices: Sendable {
  nonisolated(unsafe) let host: UnsafePointer<smg_host>

  /// Counters, gauges and histograms of the gateway; nil when the host has none.
  public let metrics: PluginMetrics?
  /// Timers on the host's threads; nil when the host has none.
  public let timer: PluginTimer?
  /// The gateway's own API keys; only auth providers are given it.
  public let directory: KeyDirectory?
  /// HTTP through the host; nil when the host has none.
  public let http: HTTPClient?

  /// nil when the host's table is smaller than this minor's.
  init?(_ host: UnsafePointer<smg_host>) {
    guard Int(host.pointee.size) >= MemoryLayout<smg_host>.size else { return nil }
    self.host = host
    metrics = Self.interface(host, SMG_HOST_METRICS, smg_host_metrics.self).map { PluginMetrics(host: host, table: $0) }
    timer = Self.interface(host, SMG_HOST_TIMER, smg_host_timer.self).map { PluginTimer(host: host, table: $0) }
    http = Self.interface(host, SMG_HOST_HTTP, smg_host_http.self).map { HTTPClient(host: host, table: $0) }
    directory = Self.interface(host, SMG_HOST_DIRECTORY, smg_host_directory.self).map { KeyDirectory(host: host, table: $0) }
  }

  /// An optional service by id; nil when it is absent or its table is smaller than this minor's. Every service's table begins with its size.
  private static func interface<Table>(_ host: UnsafePointer<smg_host>, _ id: String, _: Table.Type) -> UnsafePointer<Table>? {
    guard let found = host.pointee.get_interface(host.pointee.ctx, id) else { return nil }
    guard Int(found.load(as: UInt32.self)) >= MemoryLayout<Table>.size else { return nil }
    return found.assumingMemoryBound(to: Table.self)
  }

  /// Writes to the gateway's log, under the plugin's name. Returns at once. Never pass a secret.
  public func log(_ level: PluginLogLevel, _ message: String, _ fields: [(String, String)] = []) {
    var arena = Arena()
    let text = arena.add(message)
    let pairs = fields.map { (arena.add($0.0), arena.add($0.1)) }
    arena.withBase { base in
      let list = pairs.map { smg_kv(key: base[$0.0], value: base[$0.1]) }
      list.withUnsafeBufferPointer {
        host.pointee.log(host.pointee.ctx, level.rawValue, base[text], smg_kvs(ptr: $0.baseAddress, len: $0.count))
      }
    }
  }
}

/// Severity of what a plugin logs (`SMG_LOG_*`).
public enum PluginLogLevel: UInt32, Sendable {
  case trace = 0
  case debug, info, warning, error
}

/// Instruments of the gateway, named by the plugin.
public struct PluginMetrics: Sendable {
  nonisolated(unsafe) let host: UnsafePointer<smg_host>
  nonisolated(unsafe) let table: UnsafePointer<smg_host_metrics>

  public enum Kind: UInt32, Sendable {
    /// Adds the value.
    case counter = 0
    case gauge, histogram
  }

  /// Records one value. Keep the set of label values small: each combination is a series.
  public func record(_ kind: Kind, _ name: String, unit: String = "1", value: Double, labels: [(String, String)] = []) {
    var arena = Arena()
    let (name, unit) = (arena.add(name), arena.add(unit))
    let pairs = labels.map { (arena.add($0.0), arena.add($0.1)) }
    arena.withBase { base in
      let list = pairs.map { smg_kv(key: base[$0.0], value: base[$0.1]) }
      list.withUnsafeBufferPointer {
        table.pointee.record(host.pointee.ctx, kind.rawValue, base[name], base[unit], value, smg_kvs(ptr: $0.baseAddress, len: $0.count))
      }
    }
  }
}
