/// An OpenTelemetry trace id, 16 bytes in network order.
package struct TraceID: Sendable, Hashable {
  package var high: UInt64
  package var low: UInt64
  package init(high: UInt64 = 0, low: UInt64 = 0) {
    self.high = high
    self.low = low
  }
}

/// An OpenTelemetry span id, 8 bytes in network order.
package struct SpanID: Sendable, Hashable {
  package var value: UInt64
  package init(_ value: UInt64 = 0) { self.value = value }
}

/// One attribute (`smg_attr`).
package struct TelemetryAttribute: Sendable {
  package enum Value: Sendable {
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    /// An array or object, as JSON text.
    case json(String)
  }

  package var key: String
  package var value: Value
  package init(_ key: String, _ value: Value) {
    self.key = key
    self.value = value
  }
}

/// One log record or finished span (`smg_record`).
package struct TelemetryRecord: Sendable {
  package enum Kind: UInt32, Sendable { case log = 1, span = 2 }

  package struct Link: Sendable {
    package var traceID = TraceID()
    package var spanID = SpanID()
    package var traceState = ""
    package var traceFlags: UInt32 = 0
    package var droppedAttributes: UInt32 = 0
    package var attributes: [TelemetryAttribute] = []
    package init() {}
  }

  package struct Event: Sendable {
    package var timeUnixNanoseconds: UInt64 = 0
    package var name = ""
    package var droppedAttributes: UInt32 = 0
    package var attributes: [TelemetryAttribute] = []
    package init() {}
  }

  package var kind: Kind
  /// OpenTelemetry 1-24.
  package var severity: UInt32 = 0
  /// OpenTelemetry 1-5.
  package var spanKind: UInt32 = 0
  /// OpenTelemetry 0-2.
  package var spanStatus: UInt32 = 0
  package var traceFlags: UInt32 = 0
  package var traceID = TraceID()
  package var spanID = SpanID()
  package var parentSpanID = SpanID()
  package var timeUnixNanoseconds: UInt64
  package var endUnixNanoseconds: UInt64 = 0
  /// Log: event name and text. Span: name and status message.
  package var name: String
  package var body: String
  package var scope: String
  package var scopeVersion = ""
  package var traceState = ""
  package var droppedAttributes: UInt32 = 0
  package var droppedLinks: UInt32 = 0
  package var droppedEvents: UInt32 = 0
  package var attributes: [TelemetryAttribute]
  package var links: [Link] = []
  package var events: [Event] = []

  package init(
    kind: Kind, timeUnixNanoseconds: UInt64, name: String, body: String = "", scope: String = "", attributes: [TelemetryAttribute] = []
  ) {
    self.kind = kind
    self.timeUnixNanoseconds = timeUnixNanoseconds
    self.name = name
    self.body = body
    self.scope = scope
    self.attributes = attributes
  }
}
