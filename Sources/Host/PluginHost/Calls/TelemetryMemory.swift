internal import PluginABI

/// Telemetry values as the ABI passes them, valid inside the given body (R1). Built in a few blocks that stay in place until it returns.
struct TelemetryMemory: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []
  /// What is left of the last block.
  private var rest = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private static let blockBytes = 64 << 10
  private static let alignment = 16

  private init() {}

  deinit { for block in blocks { block.deallocate() } }

  static func withRecords(
    _ records: [TelemetryRecord], resource: [(key: String, value: String)],
    _ body: (smg_kvs, UnsafePointer<UnsafePointer<smg_record>>) -> Void
  ) {
    var memory = TelemetryMemory()
    let values = memory.array(records.map { memory.record($0) })
    guard let values else { return }
    let pointers = memory.array((0..<records.count).map { UnsafePointer(values + $0) })
    guard let pointers else { return }
    body(memory.pairs(resource), pointers)
  }

  static func withSnapshot(
    _ snapshot: MetricsSnapshot, resource: [(key: String, value: String)], _ body: (smg_kvs, UnsafePointer<smg_snapshot>) -> Void
  ) {
    var memory = TelemetryMemory()
    let metrics = memory.array(snapshot.metrics.map { memory.metric($0) })
    var value = smg_snapshot(
      size: UInt32(MemoryLayout<smg_snapshot>.size), flags: 0, start_unix_ns: snapshot.startUnixNanoseconds,
      time_unix_ns: snapshot.timeUnixNanoseconds, metrics: metrics, metric_count: snapshot.metrics.count)
    body(memory.pairs(resource), &value)
  }

  // MARK: Parts

  private mutating func array<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let start = room(elements.count * MemoryLayout<Element>.stride).bindMemory(to: Element.self, capacity: elements.count)
    start.initialize(from: elements, count: elements.count)
    return UnsafePointer(start)
  }

  private mutating func bytes(_ text: String) -> smg_bytes {
    let count = text.utf8.count
    guard count > 0 else { return smg_bytes() }
    let start = room(count).bindMemory(to: UInt8.self, capacity: count)
    _ = UnsafeMutableBufferPointer(start: start, count: count).initialize(from: text.utf8)
    return smg_bytes(ptr: start, len: count)
  }

  /// Aligned for every structure of the ABI.
  private mutating func room(_ count: Int) -> UnsafeMutableRawPointer {
    let size = (count + Self.alignment - 1) / Self.alignment * Self.alignment
    if let start = rest.baseAddress, size <= rest.count {
      rest = UnsafeMutableRawBufferPointer(start: start + size, count: rest.count - size)
      return start
    }
    let block = UnsafeMutableRawPointer.allocate(byteCount: max(size, Self.blockBytes), alignment: Self.alignment)
    blocks.append(block)
    rest = UnsafeMutableRawBufferPointer(start: block + size, count: max(size, Self.blockBytes) - size)
    return block
  }

  private mutating func pairs(_ pairs: [(key: String, value: String)]) -> smg_kvs {
    smg_kvs(ptr: array(pairs.map { smg_kv(key: bytes($0.key), value: bytes($0.value)) }), len: pairs.count)
  }

  private mutating func attributes(_ attributes: [TelemetryAttribute]) -> UnsafePointer<smg_attr>? {
    array(attributes.map { attribute($0) })
  }

  private mutating func attribute(_ attribute: TelemetryAttribute) -> smg_attr {
    var value = smg_attr()
    value.key = bytes(attribute.key)
    switch attribute.value {
    case .string(let text):
      value.type = SMG_ATTR_STRING
      value.str = bytes(text)
    case .int(let number):
      value.type = SMG_ATTR_INT
      value.i64 = number
    case .double(let number):
      value.type = SMG_ATTR_DOUBLE
      value.f64 = number
    case .bool(let flag):
      value.type = SMG_ATTR_BOOL
      value.i64 = flag ? 1 : 0
    case .json(let text):
      value.type = SMG_ATTR_JSON
      value.str = bytes(text)
    }
    return value
  }

  private mutating func record(_ record: TelemetryRecord) -> smg_record {
    var value = smg_record()
    value.size = UInt32(MemoryLayout<smg_record>.size)
    value.kind = record.kind.rawValue
    value.severity = record.severity
    value.span_kind = record.spanKind
    value.span_status = record.spanStatus
    value.trace_flags = record.traceFlags
    Self.write(record.traceID, &value.trace_id)
    Self.write(record.spanID, &value.span_id)
    Self.write(record.parentSpanID, &value.parent_span_id)
    value.time_unix_ns = record.timeUnixNanoseconds
    value.end_unix_ns = record.endUnixNanoseconds
    value.name = bytes(record.name)
    value.body = bytes(record.body)
    value.scope = bytes(record.scope)
    value.scope_version = bytes(record.scopeVersion)
    value.trace_state = bytes(record.traceState)
    value.dropped_attrs = record.droppedAttributes
    value.dropped_links = record.droppedLinks
    value.dropped_events = record.droppedEvents
    value.attrs = attributes(record.attributes)
    value.attr_count = record.attributes.count
    value.links = array(record.links.map { link($0) })
    value.link_count = record.links.count
    value.events = array(record.events.map { event($0) })
    value.event_count = record.events.count
    return value
  }

  private mutating func link(_ link: TelemetryRecord.Link) -> smg_link {
    var value = smg_link()
    Self.write(link.traceID, &value.trace_id)
    Self.write(link.spanID, &value.span_id)
    value.trace_state = bytes(link.traceState)
    value.trace_flags = link.traceFlags
    value.dropped_attrs = link.droppedAttributes
    value.attrs = attributes(link.attributes)
    value.attr_count = link.attributes.count
    return value
  }

  private mutating func event(_ event: TelemetryRecord.Event) -> smg_event {
    smg_event(
      time_unix_ns: event.timeUnixNanoseconds, name: bytes(event.name), dropped_attrs: event.droppedAttributes, reserved: 0,
      attrs: attributes(event.attributes), attr_count: event.attributes.count)
  }

  private mutating func metric(_ metric: MetricsSnapshot.Metric) -> smg_metric {
    smg_metric(
      kind: metric.kind.rawValue, flags: 0, name: bytes(metric.name), unit: bytes(metric.unit), help: bytes(metric.help),
      bounds: array(metric.bounds), bound_count: metric.bounds.count, points: array(metric.points.map { point($0) }),
      point_count: metric.points.count)
  }

  private mutating func point(_ point: MetricsSnapshot.Point) -> smg_point {
    smg_point(
      attrs: attributes(point.attributes), attr_count: point.attributes.count, value: point.value, count: point.count,
      bucket_counts: array(point.bucketCounts), bucket_count: point.bucketCounts.count, min: point.minimum, max: point.maximum)
  }

  /// Network byte order.
  private static func write<Target>(_ id: TraceID, _ target: inout Target) {
    withUnsafeMutableBytes(of: &target) { bytes in
      bytes.storeBytes(of: id.high.bigEndian, as: UInt64.self)
      bytes.storeBytes(of: id.low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
  }

  private static func write<Target>(_ id: SpanID, _ target: inout Target) {
    withUnsafeMutableBytes(of: &target) { $0.storeBytes(of: id.value.bigEndian, as: UInt64.self) }
  }
}
