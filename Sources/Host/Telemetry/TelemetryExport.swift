/// How the gateway's own records look to telemetry plugins (OpenTelemetry logs and trace data models).
extension TelemetryRecord {
  init(_ record: TelemetryHub.Record) {
    switch record {
    case .log(let log): self.init(log)
    case .span(let span): self.init(span)
    }
  }

  private init(_ log: LogRecord) {
    self.init(
      kind: .log, timeUnixNanoseconds: log.timeUnixNanoseconds, name: "", body: log.message, scope: log.scope,
      attributes: log.fields.map { TelemetryAttribute($0.key, .string($0.value)) })
    severity = log.level.openTelemetrySeverity
  }

  private init(_ span: SpanRecord) {
    self.init(
      kind: .span, timeUnixNanoseconds: span.startUnixNanoseconds, name: span.name, scope: "secure-mcp-gateway",
      attributes: span.attributes.map { TelemetryAttribute($0.key, TelemetryAttribute.Value($0.value)) })
    endUnixNanoseconds = span.endUnixNanoseconds
    spanKind = 1
    spanStatus = span.isError ? 2 : 1
    traceFlags = span.trace.isSampled ? 1 : 0
    traceID = TraceID(high: span.trace.traceHigh, low: span.trace.traceLow)
    spanID = SpanID(span.trace.spanID)
    parentSpanID = SpanID(span.trace.parentSpanID)
  }
}

extension TelemetryAttribute.Value {
  fileprivate init(_ value: AttributeValue) {
    self =
      switch value {
      case .string(let text): .string(text)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .bool(let isTrue): .bool(isTrue)
      }
  }
}

extension LogLevel {
  /// First number of each range of the logs data model.
  fileprivate var openTelemetrySeverity: UInt32 {
    switch self {
    case .trace: 1
    case .debug: 5
    case .info: 9
    case .warning: 13
    case .error: 17
    }
  }
}

extension GatewayMetrics {
  /// Everything, cumulative.
  func snapshot(startUnixNanoseconds: UInt64, plugins: PluginMetrics) -> MetricsSnapshot {
    let counts = counters.map { counter in
      MetricsSnapshot.Metric(
        kind: .counter, name: counter.name, unit: "1", help: counter.help, points: [MetricsSnapshot.Point(value: Double(counter.current))])
    }
    let durations = histograms.map { histogram in
      let (buckets, sum, count) = histogram.current
      return MetricsSnapshot.Metric(
        kind: .histogram, name: histogram.name, unit: "s", help: histogram.help, bounds: DurationHistogram.boundsSeconds,
        points: [MetricsSnapshot.Point(value: sum, count: count, bucketCounts: buckets)])
    }
    return MetricsSnapshot(
      startUnixNanoseconds: startUnixNanoseconds, timeUnixNanoseconds: WallClock.nowUnixNanoseconds(),
      metrics: counts + durations + guardrails.metrics + self.plugins.metrics + plugins.metrics)
  }
}
