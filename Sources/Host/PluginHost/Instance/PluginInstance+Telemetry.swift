internal import NIOCore
internal import PluginABI
internal import Synchronization

extension PluginInstance {
  /// Hands a batch to a telemetry provider, on a thread of its own and after the batches before it. Returns at once; what there is no room for is dropped
  /// and counted.
  package func emit(resource: [(key: String, value: String)], records: [TelemetryRecord]) {
    guard listing.kind == .telemetry, !records.isEmpty else { return }
    let counters = core.counters
    let queued = counters.queuedRecords.wrappingAdd(records.count, ordering: .relaxed).newValue
    let drop: @Sendable () -> Void = {
      counters.queuedRecords.wrappingSubtract(records.count, ordering: .relaxed)
      counters.droppedRecords.wrappingAdd(UInt64(records.count), ordering: .relaxed)
    }
    guard queued <= Limits.Telemetry.maxQueuedRecords, core.currentPhase == .live else { return drop() }
    let table = TelemetryTable(core.table.telemetry)
    submit("emit", reject: drop) { pointer in
      counters.queuedRecords.wrappingSubtract(records.count, ordering: .relaxed)
      TelemetryMemory.withRecords(records, resource: resource) { table.value.pointee.emit(pointer, $0, $1, records.count) }
    }
  }

  /// Hands cumulative metrics to a telemetry provider, like `emit` and never at the same time.
  package func exportMetrics(resource: [(key: String, value: String)], snapshot: MetricsSnapshot) {
    guard wantsMetrics, core.currentPhase == .live else { return }
    let (counters, table) = (core.counters, TelemetryTable(core.table.telemetry))
    counters.queuedRecords.wrappingAdd(1, ordering: .relaxed)
    let drop: @Sendable () -> Void = {
      counters.queuedRecords.wrappingSubtract(1, ordering: .relaxed)
      self.core.warn("a metrics snapshot was dropped")
    }
    submit("export_metrics", reject: drop) { pointer in
      counters.queuedRecords.wrappingSubtract(1, ordering: .relaxed)
      TelemetryMemory.withSnapshot(snapshot, resource: resource) { table.value.pointee.export_metrics?(pointer, $0, $1) }
    }
  }

  private struct TelemetryTable: @unchecked Sendable {
    // Points into a library that is never unloaded.
    let value: UnsafePointer<smg_telemetry>
    init(_ value: UnsafePointer<smg_telemetry>) { self.value = value }
  }

  private func submit(
    _ what: StaticString, reject: @escaping @Sendable () -> Void, _ body: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
  ) {
    let core = core
    core.telemetryLane.submit(
      Lane.Job(
        pool: core.telemetryThread,
        run: { worker, _ in
          guard let pointer = core.selfPointer, core.tryEnter() else { return reject() }
          defer { core.leave() }
          let began = WallClock.monotonicNanoseconds()
          let deadline = began + UInt64(Limits.Plugin.telemetryFrameBudget.nanoseconds)
          core.counters.calls.wrappingAdd(1, ordering: .relaxed)
          defer { core.counters.durations.record(nanoseconds: WallClock.monotonicNanoseconds() &- began) }
          PoolFrame.run(core, what, until: deadline, worker: worker, turn: nil) { ThreadFrame.current.emit { body(pointer) } }
        }, reject: reject))
  }
}
