/// Cumulative values of every metric at one instant (`smg_snapshot`).
package struct MetricsSnapshot: Sendable {
  package var startUnixNanoseconds: UInt64
  package var timeUnixNanoseconds: UInt64
  package var metrics: [Metric]

  package init(startUnixNanoseconds: UInt64, timeUnixNanoseconds: UInt64, metrics: [Metric]) {
    self.startUnixNanoseconds = startUnixNanoseconds
    self.timeUnixNanoseconds = timeUnixNanoseconds
    self.metrics = metrics
  }

  /// One metric and its points (`smg_metric`).
  package struct Metric: Sendable {
    package var kind: PluginMetricKind
    package var name: String
    package var unit: String
    package var help: String
    /// Histogram: inclusive upper edges of the buckets, ascending.
    package var bounds: [Double]
    package var points: [Point]

    package init(kind: PluginMetricKind, name: String, unit: String = "", help: String = "", bounds: [Double] = [], points: [Point]) {
      self.kind = kind
      self.name = name
      self.unit = unit
      self.help = help
      self.bounds = bounds
      self.points = points
    }
  }

  /// One label set's value (`smg_point`).
  package struct Point: Sendable {
    package var attributes: [TelemetryAttribute]
    /// Counter and gauge: the value. Histogram: the sum.
    package var value: Double
    package var count: UInt64
    /// Histogram: one more than `bounds`, not summed up.
    package var bucketCounts: [UInt64]
    /// Histogram; NaN = unknown.
    package var minimum: Double
    package var maximum: Double

    package init(
      attributes: [TelemetryAttribute] = [], value: Double, count: UInt64 = 0, bucketCounts: [UInt64] = [], minimum: Double = .nan,
      maximum: Double = .nan
    ) {
      self.attributes = attributes
      self.value = value
      self.count = count
      self.bucketCounts = bucketCounts
      self.minimum = minimum
      self.maximum = maximum
    }
  }
}

/// Kind of a metric (`SMG_METRIC_*`).
package enum PluginMetricKind: UInt32, Sendable, Hashable { case counter = 0, gauge = 1, histogram = 2 }

/// Where the metrics that plugins record go. Called from any thread, also from event loops: must not wait.
package protocol PluginMetricsSink: Sendable {
  /// One value: adds for a counter, sets for a gauge, observes for a histogram. Names and labels are bounded and valid UTF-8.
  /// - Parameter binding: the binding whose plugin records it.
  func record(binding: String, kind: PluginMetricKind, name: String, unit: String, value: Double, labels: [(key: String, value: String)])
}
