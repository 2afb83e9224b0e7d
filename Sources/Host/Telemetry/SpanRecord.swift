/// A finished piece of work, for telemetry plugins.
package struct SpanRecord: Sendable {
  package var name: String
  package var trace: TraceContext
  package var startUnixNanoseconds: UInt64
  package var endUnixNanoseconds: UInt64
  package var isError: Bool
  package var attributes: [(key: String, value: AttributeValue)]
}

/// An attribute's value (OpenTelemetry, "AnyValue").
package enum AttributeValue: Sendable {
  case string(String)
  case int(Int64)
  case double(Double)
  case bool(Bool)
}
