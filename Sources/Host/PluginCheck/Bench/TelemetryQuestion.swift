internal import PluginABI

/// Records and metrics that telemetry providers are given in checks.
enum TelemetryQuestion {
  struct Record: Sendable {
    var kind: UInt32
    var name: String
    var body: String
    var attributes = 0
    var links = 0
  }

  /// The array of pointers that `emit` takes.
  static func records(_ records: [Record], _ memory: LentMemory) -> UnsafePointer<UnsafePointer<smg_record>>? {
    memory.array(records.map { memory.one(record($0, memory)) })
  }

  private static func record(_ record: Record, _ memory: LentMemory) -> smg_record {
    let isSpan = record.kind == SMG_REC_SPAN
    var value = smg_record()
    value.size = UInt32(MemoryLayout<smg_record>.size)
    value.kind = record.kind
    value.severity = isSpan ? 0 : 9
    value.span_kind = isSpan ? 2 : 0
    value.span_status = isSpan ? 2 : 0
    withUnsafeMutableBytes(of: &value.trace_id) { $0.copyBytes(from: 1...16) }
    withUnsafeMutableBytes(of: &value.span_id) { $0.copyBytes(from: 1...8) }
    value.time_unix_ns = 1_769_860_800_000_000_000
    value.end_unix_ns = isSpan ? 1_769_860_801_000_000_000 : 0
    value.name = memory.text(record.name)
    value.body = memory.text(record.body)
    value.scope = memory.text("check")
    value.scope_version = memory.text("1")
    value.attrs = attributes(record.attributes, memory)
    value.attr_count = record.attributes
    value.links = links(record.links, memory)
    value.link_count = record.links
    value.events = events(record.links, memory)
    value.event_count = record.links
    return value
  }

  /// One of each type in turn, and one of a type that nobody knows (R4).
  private static func attributes(_ count: Int, _ memory: LentMemory) -> UnsafePointer<smg_attr>? {
    memory.array(
      (0..<count).map { index in
        var value = smg_attr()
        value.key = memory.text("key.\(index)")
        value.type = UInt32(index % 6)
        value.str = value.type == SMG_ATTR_JSON ? memory.text("[1,{\"a\":null}]") : memory.text("value \u{1F600} \"\\\n\0")
        value.i64 = index % 2 == 0 ? .min : .max
        value.f64 = index % 3 == 0 ? .nan : .infinity
        return value
      })
  }

  private static func links(_ count: Int, _ memory: LentMemory) -> UnsafePointer<smg_link>? {
    memory.array(
      (0..<count).map { _ in
        var value = smg_link()
        value.trace_state = memory.text("a=1")
        value.attrs = attributes(2, memory)
        value.attr_count = 2
        return value
      })
  }

  private static func events(_ count: Int, _ memory: LentMemory) -> UnsafePointer<smg_event>? {
    memory.array(
      (0..<count).map { index in
        smg_event(
          time_unix_ns: 1_769_860_800_500_000_000, name: memory.text("event"), dropped_attrs: 0, reserved: 0,
          attrs: attributes(index, memory),
          attr_count: index)
      })
  }

  /// A counter, a gauge and a histogram.
  static func snapshot(_ memory: LentMemory) -> UnsafePointer<smg_snapshot> {
    func point(_ value: Double, buckets: [UInt64] = []) -> smg_point {
      smg_point(
        attrs: attributes(2, memory), attr_count: 2, value: value, count: buckets.reduce(0, +), bucket_counts: memory.array(buckets),
        bucket_count: buckets.count, min: .nan, max: buckets.isEmpty ? .nan : 2)
    }
    func metric(_ kind: UInt32, _ name: String, _ points: [smg_point], bounds: [Double] = []) -> smg_metric {
      smg_metric(
        kind: kind, flags: 0, name: memory.text(name), unit: memory.text("s"), help: memory.text(""), bounds: memory.array(bounds),
        bound_count: bounds.count, points: memory.array(points), point_count: points.count)
    }
    let metrics = [
      metric(SMG_METRIC_COUNTER, "calls", [point(1), point(2)]), metric(SMG_METRIC_GAUGE, "open", []),
      metric(SMG_METRIC_HISTOGRAM, "duration", [point(1.5, buckets: [1, 0, 2])], bounds: [0.1, 1]), metric(99, "unknown", [point(1)]),
    ]
    return memory.one(
      smg_snapshot(
        size: UInt32(MemoryLayout<smg_snapshot>.size), flags: 0, start_unix_ns: 1_769_860_000_000_000_000,
        time_unix_ns: 1_769_860_800_000_000_000, metrics: memory.array(metrics), metric_count: metrics.count))
  }

  static func resource(_ memory: LentMemory) -> smg_kvs {
    memory.pairs([("service.name", Array("secure-mcp-gateway".utf8)), ("service.version", Array("0".utf8))])
  }
}
