import Foundation
import NIOCore
import Testing

@testable import Host

/// Batches on a thread of their own.
@Suite struct TelemetryTests {
  private func instance(_ bench: Bench, _ mode: PluginMode = .inProcess) async throws -> PluginInstance {
    try bench.host.load()
    return try await bench.host.bind(BindingSpec(kind: .telemetry, bindingName: "t", provider: "test_telemetry", mode: mode))
  }

  @Test(arguments: Bench.modes) func `records and snapshots arrive whole`(mode: PluginMode) async throws {
    let bench = try await Bench("telemetry")
    let instance = try await instance(bench, mode)
    #expect(instance.wantsLogs && instance.wantsSpans && instance.wantsMetrics)
    var record = TelemetryRecord(
      kind: .span, timeUnixNanoseconds: 5, name: "show", body: "ok", scope: "gateway",
      attributes: [TelemetryAttribute("n", .int(-3)), TelemetryAttribute("j", .json("[1]"))])
    record.traceID = TraceID(high: 0xAB << 56, low: 1)
    record.spanID = SpanID(0xCD)
    record.links = [TelemetryRecord.Link(), TelemetryRecord.Link()]
    record.events = [TelemetryRecord.Event()]
    instance.emit(resource: [("service.name", "gw")], records: [record])
    let histogram = MetricsSnapshot.Metric(
      kind: .histogram, name: "latency", bounds: [1, 2], points: [MetricsSnapshot.Point(value: 4.5, count: 3, bucketCounts: [1, 1, 1])])
    instance.exportMetrics(resource: [], snapshot: MetricsSnapshot(startUnixNanoseconds: 1, timeUnixNanoseconds: 2, metrics: [histogram]))
    #expect(await instance.flush(deadline: .now() + .seconds(10)).failure == nil)
    #expect(bench.metrics.all.first { $0.name == "record" }?.labels.first?.value == "2 show|ok|gateway abcd 2/2/1 n=-3 gw")
    #expect(bench.metrics.all.first { $0.name == "metric" }?.labels.first?.value == "2 latency 2 bounds 1 points 4.5 3 buckets")
    // What it logs inside emit goes nowhere.
    try await eventually("the counts settle") { !bench.log.contains("said inside emit") && instance.stats.droppedLogs == 1 }
    #expect(await instance.ask("x").failure?.code == .unsupported)
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 1)
  }

  @Test(arguments: [[], ["FLAGS=SMG_PF_SERIAL"]], Bench.modes)
  func `emit, export and flush never overlap`(flags: [String], mode: PluginMode) async throws {
    let bench = try await Bench("telemetry", flags)
    let instance = try await instance(bench, mode)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<10 {
        group.addTask {
          for _ in 0..<3 {
            instance.emit(resource: [], records: [TelemetryRecord(kind: .log, timeUnixNanoseconds: 1, name: "n", scope: "s")])
            instance.exportMetrics(resource: [], snapshot: MetricsSnapshot(startUnixNanoseconds: 1, timeUnixNanoseconds: 2, metrics: []))
            #expect(await instance.flush(deadline: .now() + .seconds(20)).failure == nil)
          }
        }
      }
    }
    try await eventually("the counts settle") {
      bench.metrics.count("overlap") == 0 && bench.metrics.count("flushed") == 30 && bench.metrics.count("record-seen") == 30
    }
    await bench.end()
  }

  @Test func `a provider that hangs in emit loses records, not the gateway`() async throws {
    let bench = try await Bench("telemetry")
    let instance = try await instance(bench)
    instance.emit(resource: [], records: [TelemetryRecord(kind: .log, timeUnixNanoseconds: 1, name: "hang", scope: "s")])
    try await eventually("hanging") { bench.metrics.count("hanging") == 1 }
    let batch = Array(repeating: TelemetryRecord(kind: .log, timeUnixNanoseconds: 1, name: "n", scope: "s"), count: 100)
    for _ in 0..<200 { instance.emit(resource: [], records: batch) }
    try await eventually("the counts settle") { instance.stats.droppedRecords == UInt64((200 - Limits.Plugin.maxQueuedBatches) * 100) }
    #expect(await instance.flush(deadline: .now() + .milliseconds(50)).failure != nil)
    // Health runs on the ordinary pool and lets it go.
    #expect(await instance.health(deadline: .now() + .seconds(10)).failure == nil)
    try await eventually("all seen") { bench.metrics.count("record-seen") == 1 + Limits.Plugin.maxQueuedBatches * 100 }
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 1)
  }
}
