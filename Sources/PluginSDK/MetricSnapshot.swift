internal import PluginABI

/// Every instrument's cumulative value at one moment, lent for the time of one call.
public struct MetricSnapshot: ~Escapable {
  /// service.name and its like.
  public let resource: BorrowedPairs
  private let raw: smg_snapshot

  @_lifetime(borrow pointer)
  init(_ resource: smg_kvs, _ pointer: UnsafePointer<smg_snapshot>) {
    self.resource = BorrowedPairs(resource, of: pointer)
    raw = pointer.pointee
  }

  /// False when the host's structure is smaller than this minor's.
  static func isReadable(_ pointer: UnsafePointer<smg_snapshot>) -> Bool { Int(pointer.pointee.size) >= MemoryLayout<smg_snapshot>.size }

  /// Since when counters and histograms add up.
  public var startUnixNanoseconds: UInt64 { raw.start_unix_ns }
  public var timeUnixNanoseconds: UInt64 { raw.time_unix_ns }
  public var indices: Range<Int> { 0..<(raw.metrics == nil ? 0 : max(0, raw.metric_count)) }

  /// The instrument at `index`. - Precondition: one of `indices`.
  public subscript(index: Int) -> Metric {
    @_lifetime(copy self)
    get {
      guard let metrics = raw.metrics, indices.contains(index) else { preconditionFailure("no such metric") }
      return Metric(metrics[index], of: self)
    }
  }
}

/// One instrument.
public struct Metric: ~Escapable {
  private let raw: smg_metric

  @_lifetime(copy owner)
  init(_ raw: smg_metric, of owner: borrowing MetricSnapshot) { self.raw = raw }

  /// nil for a kind that this minor does not know.
  public var kind: PluginMetrics.Kind? { PluginMetrics.Kind(rawValue: raw.kind) }
  public var name: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.name, of: self) } }
  /// UCUM, e.g. "s", "By", "1".
  public var unit: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.unit, of: self) } }
  public var help: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.help, of: self) } }
  /// A histogram's inclusive upper edges.
  public var bounds: [Double] { Array(UnsafeBufferPointer(start: raw.bounds, count: raw.bounds == nil ? 0 : max(0, raw.bound_count))) }
  public var indices: Range<Int> { 0..<(raw.points == nil ? 0 : max(0, raw.point_count)) }

  /// The point at `index`, one for each combination of attributes. - Precondition: one of `indices`.
  public subscript(index: Int) -> MetricPoint {
    @_lifetime(copy self)
    get {
      guard let points = raw.points, indices.contains(index) else { preconditionFailure("no such point") }
      return MetricPoint(points[index], of: self)
    }
  }
}

/// One instrument's value for one combination of attributes.
public struct MetricPoint: ~Escapable {
  private let raw: smg_point

  @_lifetime(copy owner)
  init(_ raw: smg_point, of owner: borrowing Metric) { self.raw = raw }

  public var attributes: Attributes { @_lifetime(copy self) get { Attributes(raw.attrs, raw.attr_count, of: self) } }
  /// A counter's or gauge's value; a histogram's sum.
  public var value: Double { raw.value }
  /// A histogram's number of values.
  public var count: UInt64 { raw.count }
  /// One more than the bounds; each counts its own bucket only.
  public var bucketCounts: [UInt64] {
    Array(UnsafeBufferPointer(start: raw.bucket_counts, count: raw.bucket_counts == nil ? 0 : max(0, raw.bucket_count)))
  }
  /// A histogram's smallest and largest value; nil = unknown.
  public var minimum: Double? { raw.min.isNaN ? nil : raw.min }
  public var maximum: Double? { raw.max.isNaN ? nil : raw.max }
}
