internal import PluginABI

/// Takes the gateway's logs, spans and metrics somewhere.
///
/// `emit` and `exportMetrics` run on a host thread of their own, never both at once, off the request path. What the provider logs
/// through the host inside `emit` is dropped, so that no record can make another.
public protocol TelemetryProvider: PluginProvider {
  /// Which records `emit` wants. Logs and spans by default.
  static var kinds: RecordKinds { get }

  /// Finished records, oldest first. Queue or write them and return; drop when full.
  func emit(_ batch: RecordBatch)
  /// Every instrument's cumulative value, at the configured interval.
  func exportMetrics(_ snapshot: MetricSnapshot)
  /// Returns when everything emitted before has left, or throws at `deadline`.
  func flush(before deadline: MonotonicTime) throws
}

extension TelemetryProvider {
  public static var kinds: RecordKinds { [.log, .span] }
  public func flush(before deadline: MonotonicTime) throws {}
}

/// `SMG_REC_*`.
public struct RecordKinds: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let log = Self(rawValue: SMG_REC_LOG)
  /// A finished span.
  public static let span = Self(rawValue: SMG_REC_SPAN)
}

/// Records and the resource that they describe, lent for the time of one call.
public struct RecordBatch: ~Escapable {
  /// service.name and its like.
  public let resource: BorrowedPairs
  private let start: UnsafePointer<UnsafePointer<smg_record>>
  public let count: Int

  @_lifetime(borrow start)
  init(_ resource: smg_kvs, _ start: UnsafePointer<UnsafePointer<smg_record>>, _ count: Int) {
    self.resource = BorrowedPairs(resource, of: start)
    self.start = start
    self.count = max(0, count)
  }

  /// False when one of the host's records is smaller than this minor's.
  static func isReadable(_ start: UnsafePointer<UnsafePointer<smg_record>>, _ count: Int) -> Bool {
    UnsafeBufferPointer(start: start, count: max(0, count)).allSatisfy { Int($0.pointee.size) >= MemoryLayout<smg_record>.size }
  }

  public var indices: Range<Int> { 0..<count }

  /// The record at `index`. - Precondition: one of `indices`.
  public subscript(index: Int) -> Record {
    @_lifetime(copy self)
    get {
      precondition(indices.contains(index), "no such record")
      return Record(start[index].pointee, of: self)
    }
  }
}

/// One log record or finished span, lent for the time of one call.
public struct Record: ~Escapable {
  private let raw: smg_record

  @_lifetime(copy owner)
  init(_ raw: smg_record, of owner: borrowing RecordBatch) { self.raw = raw }

  /// Exactly one.
  public var kind: RecordKinds { RecordKinds(rawValue: raw.kind) }
  /// OpenTelemetry's severity number, 1 to 24; 0 = unset.
  public var severity: UInt32 { raw.severity }
  /// OpenTelemetry's span kind, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
  public var spanKind: UInt32 { raw.span_kind }
  /// 0 unset, 1 ok, 2 error.
  public var spanStatus: UInt32 { raw.span_status }
  public var traceFlags: UInt32 { raw.trace_flags }
  /// Zero when the record belongs to no trace.
  public var traceID: TraceID { TraceID(raw.trace_id) }
  public var spanID: SpanID { SpanID(raw.span_id) }
  public var parentSpanID: SpanID { SpanID(raw.parent_span_id) }
  /// When it happened or the span began, in nanoseconds since 1970.
  public var timeUnixNanoseconds: UInt64 { raw.time_unix_ns }
  /// When the span ended.
  public var endUnixNanoseconds: UInt64 { raw.end_unix_ns }
  /// A log's event name; a span's name.
  public var name: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.name, of: self) } }
  /// A log's text; a span's status message.
  public var body: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.body, of: self) } }
  /// The part of the gateway that speaks.
  public var scope: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.scope, of: self) } }
  public var scopeVersion: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.scope_version, of: self) } }
  public var traceState: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.trace_state, of: self) } }
  public var droppedAttributes: UInt32 { raw.dropped_attrs }
  public var droppedLinks: UInt32 { raw.dropped_links }
  public var droppedEvents: UInt32 { raw.dropped_events }
  public var attributes: Attributes { @_lifetime(copy self) get { Attributes(raw.attrs, raw.attr_count, of: self) } }

  public var eventCount: Int { raw.events == nil ? 0 : max(0, raw.event_count) }
  /// Something that happened during a span. - Precondition: below `eventCount`.
  @_lifetime(copy self)
  public func event(_ index: Int) -> RecordEvent {
    guard let events = raw.events, (0..<eventCount).contains(index) else { preconditionFailure("no such event") }
    return RecordEvent(events[index], of: self)
  }

  public var linkCount: Int { raw.links == nil ? 0 : max(0, raw.link_count) }
  /// Another span that a span refers to. - Precondition: below `linkCount`.
  @_lifetime(copy self)
  public func link(_ index: Int) -> RecordLink {
    guard let links = raw.links, (0..<linkCount).contains(index) else { preconditionFailure("no such link") }
    return RecordLink(links[index], of: self)
  }
}

/// Something that happened during a span.
public struct RecordEvent: ~Escapable {
  private let raw: smg_event
  @_lifetime(copy owner)
  init(_ raw: smg_event, of owner: borrowing Record) { self.raw = raw }

  public var timeUnixNanoseconds: UInt64 { raw.time_unix_ns }
  public var name: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.name, of: self) } }
  public var droppedAttributes: UInt32 { raw.dropped_attrs }
  public var attributes: Attributes { @_lifetime(copy self) get { Attributes(raw.attrs, raw.attr_count, of: self) } }
}

/// Another span that a span refers to.
public struct RecordLink: ~Escapable {
  private let raw: smg_link
  @_lifetime(copy owner)
  init(_ raw: smg_link, of owner: borrowing Record) { self.raw = raw }

  public var traceID: TraceID { TraceID(raw.trace_id) }
  public var spanID: SpanID { SpanID(raw.span_id) }
  public var traceState: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.trace_state, of: self) } }
  public var traceFlags: UInt32 { raw.trace_flags }
  public var droppedAttributes: UInt32 { raw.dropped_attrs }
  public var attributes: Attributes { @_lifetime(copy self) get { Attributes(raw.attrs, raw.attr_count, of: self) } }
}
