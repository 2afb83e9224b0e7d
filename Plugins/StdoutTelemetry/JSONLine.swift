internal import JSON
internal import PluginSDK

/// A record as one line of JSON. The keys are stable.
enum JSONLine {
  static func append(_ record: borrowing Record, to lines: inout [UInt8]) {
    let isSpan = record.kind == .span
    var fields = JSONObject()
    fields["time"] = .string(LineTime.text(record.timeUnixNanoseconds))
    fields["kind"] = isSpan ? "span" : "log"
    if !isSpan { fields["severity"] = .string(Severity.word(record.severity)) }
    if !record.name.isEmpty { fields["name"] = .string(record.name.string) }
    if !record.body.isEmpty { fields["body"] = .string(record.body.string) }
    if !record.scope.isEmpty { fields["scope"] = .string(record.scope.string) }
    if !record.traceID.isZero { fields["trace_id"] = .string(record.traceID.hex) }
    if !record.spanID.isZero { fields["span_id"] = .string(record.spanID.hex) }
    if isSpan {
      if !record.parentSpanID.isZero { fields["parent_span_id"] = .string(record.parentSpanID.hex) }
      fields["duration_ms"] = .number(JSONNumber(LineTime.milliseconds(record.timeUnixNanoseconds, record.endUnixNanoseconds)))
      fields["status"] = record.spanStatus == 2 ? "error" : record.spanStatus == 1 ? "ok" : "unset"
    }
    if record.attributes.count > 0 { fields["attributes"] = attributes(record.attributes) }
    lines += JSONValue.object(fields).serialized()
    lines.append(UInt8(ascii: "\n"))
  }

  static func append(_ metric: borrowing Metric, _ point: borrowing MetricPoint, at time: UInt64, to lines: inout [UInt8]) {
    var fields = JSONObject()
    fields["time"] = .string(LineTime.text(time))
    fields["kind"] = "metric"
    fields["name"] = .string(metric.name.string)
    if !metric.unit.isEmpty { fields["unit"] = .string(metric.unit.string) }
    if metric.kind == .histogram {
      fields["sum"] = number(point.value)
      fields["count"] = .number(JSONNumber(Int(clamping: point.count)))
      fields["bounds"] = .array(metric.bounds.map(number))
      fields["bucket_counts"] = .array(point.bucketCounts.map { .number(JSONNumber(Int(clamping: $0))) })
    } else {
      fields["value"] = number(point.value)
    }
    if point.attributes.count > 0 { fields["attributes"] = attributes(point.attributes) }
    lines += JSONValue.object(fields).serialized()
    lines.append(UInt8(ascii: "\n"))
  }

  private static func attributes(_ attributes: borrowing Attributes) -> JSONValue {
    var object = JSONObject()
    for index in attributes.indices {
      let value: JSONValue =
        switch attributes.kind(index) {
        case .string: .string(attributes.text(index).string)
        case .json: nested(attributes.text(index))
        case .int: .number(JSONNumber(Int(attributes.integer(index))))
        case .double: number(attributes.double(index))
        case .bool: .bool(attributes.integer(index) != 0)
        case nil: .null
        }
      object[attributes.key(index).string] = value
    }
    return .object(object)
  }

  /// A JSON text as what it says; as a string if it says nothing.
  private static func nested(_ text: borrowing BorrowedText) -> JSONValue {
    do {
      return try RawJSON(validating: text.bytes).value
    } catch {
      return .string(text.string)
    }
  }

  /// Counts without a fraction; null for what JSON does not know, such as infinity.
  private static func number(_ value: Double) -> JSONValue {
    if let whole = Int(exactly: value) { return .number(JSONNumber(whole)) }
    return value.isFinite ? .number(JSONNumber(value)) : .null
  }
}
