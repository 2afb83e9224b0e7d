internal import NIOCore
internal import Synchronization

/// Gathers logs and spans on a bounded queue and hands them, in batches and off the request path, to the telemetry plugins; and, at an interval, the metrics.
/// What does not fit is dropped and counted. Without a plugin, or when one is new to the scene, the log goes to standard error.
package final class TelemetryHub: LogSink {
  enum Record: Sendable {
    case log(LogRecord)
    case span(SpanRecord)
  }
  private struct State {
    var queue: [Record] = []
    var exporters: [PluginInstance] = []
    var level: LogLevel = .info
  }
  private let state = Mutex(State())
  private let exporterCount = Atomic<Int>(0)
  private let level = Atomic<Int>(LogLevel.info.rawValue)
  private let console: ConsoleLog
  private let isExporting: Bool
  private let metrics: GatewayMetrics
  private let pluginMetrics: PluginMetrics
  private let startUnixNanoseconds = WallClock.nowUnixNanoseconds()

  /// - Parameter isExporting: false keeps every record from the plugins.
  package init(console: ConsoleLog, metrics: GatewayMetrics, pluginMetrics: PluginMetrics, isExporting: Bool = true) {
    self.isExporting = isExporting
    self.console = console
    self.metrics = metrics
    self.pluginMetrics = pluginMetrics
  }

  /// The plugins that get the records from now on, and the least level that is recorded.
  package func use(_ exporters: [PluginInstance], minimumLevel: LogLevel) {
    let exporters = isExporting ? exporters : []
    state.withLock { $0.exporters = exporters }
    exporterCount.store(exporters.count, ordering: .relaxed)
    level.store(minimumLevel.rawValue, ordering: .relaxed)
  }

  package var minimumLevel: LogLevel { LogLevel(rawValue: level.load(ordering: .relaxed)) ?? .info }
  package var wantsSpans: Bool { exporterCount.load(ordering: .relaxed) > 0 }

  package func write(_ record: LogRecord) {
    let hasExporters = exporterCount.load(ordering: .relaxed) > 0
    if !hasExporters || record.level >= .warning { console.write(record) }
    if hasExporters { append(.log(record)) }
  }

  package func record(_ span: SpanRecord) {
    guard wantsSpans else { return }
    append(.span(span))
  }

  private func append(_ record: Record) {
    let isKept = state.withLock { state in
      guard state.queue.count < Limits.Telemetry.maxQueuedRecords else { return false }
      state.queue.append(record)
      return true
    }
    if !isKept { metrics.telemetryDropped.increment() }
  }

  // MARK: Export

  /// Exports at intervals until the task is cancelled; `flush` sends the rest.
  package func run() async {
    var nextMetrics = NIODeadline.now() + Limits.Telemetry.metricsInterval
    while !Task.isCancelled {
      do { try await Task.sleep(for: .milliseconds(Limits.Telemetry.batchIntervalMilliseconds)) } catch { break }
      export()
      if NIODeadline.now() >= nextMetrics {
        nextMetrics = .now() + Limits.Telemetry.metricsInterval
        exportMetrics()
      }
    }
  }

  /// Hands over what is still waiting.
  package func flush() {
    export()
    exportMetrics()
    console.flush()
  }

  private func export() {
    let (batch, exporters) = state.withLock { state in
      defer { state.queue.removeAll(keepingCapacity: true) }
      return (state.queue, state.exporters)
    }
    guard !batch.isEmpty else { return }
    for exporter in exporters { exporter.emit(resource: Self.resource, records: batch.map(TelemetryRecord.init)) }
  }

  private func exportMetrics() {
    let exporters = state.withLock { $0.exporters }
    guard !exporters.isEmpty else { return }
    let snapshot = metrics.snapshot(startUnixNanoseconds: startUnixNanoseconds, plugins: pluginMetrics)
    for exporter in exporters { exporter.exportMetrics(resource: Self.resource, snapshot: snapshot) }
  }

  private static let resource: [(key: String, value: String)] = [
    ("service.name", "secure-mcp-gateway"), ("service.version", Version.current),
  ]
}
