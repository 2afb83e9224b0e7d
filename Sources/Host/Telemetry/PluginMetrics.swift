internal import Synchronization

/// What plugins record through the host's metrics service: summed up here, and exported with the gateway's own. The number of series is bounded; more are dropped
/// and counted.
package final class PluginMetrics: PluginMetricsSink {
  private struct Series: Hashable {
    var binding: String
    var name: String
    var unit: String
    var kind: PluginMetricKind
    var labels: [String]
  }
  fileprivate struct Sum {
    var value = 0.0
    var count: UInt64 = 0
    var minimum = Double.infinity
    var maximum = -Double.infinity
  }
  private struct State {
    var series: [Series: Sum] = [:]
    var dropped: UInt64 = 0
  }
  private let state = Mutex(State())

  package init() {}

  package func record(
    binding: String, kind: PluginMetricKind, name: String, unit: String, value: Double, labels: [(key: String, value: String)]
  ) {
    guard value.isFinite else { return }
    let key = Series(binding: binding, name: name, unit: unit, kind: kind, labels: labels.flatMap { [$0.key, $0.value] })
    state.withLock { state in
      guard state.series[key] != nil || state.series.count < Limits.Telemetry.maxPluginSeries else {
        state.dropped += 1
        return
      }
      state.series[key, default: Sum()].add(value, kind)
    }
  }

  /// One metric a series; histograms as count, sum and extremes.
  var metrics: [MetricsSnapshot.Metric] {
    let (all, dropped) = state.withLock { ($0.series, $0.dropped) }
    let recorded = all.map { series, sum in
      var attributes = [TelemetryAttribute("binding", .string(series.binding))]
      for index in stride(from: 0, to: series.labels.count - 1, by: 2) {
        attributes.append(TelemetryAttribute(series.labels[index], .string(series.labels[index + 1])))
      }
      let point = MetricsSnapshot.Point(
        attributes: attributes, value: sum.value, count: sum.count, bucketCounts: series.kind == .histogram ? [sum.count] : [],
        minimum: sum.minimum, maximum: sum.maximum)
      return MetricsSnapshot.Metric(kind: series.kind, name: series.name, unit: series.unit, points: [point])
    }
    let lost = MetricsSnapshot.Metric(
      kind: .counter, name: "enkrypt_plugin_series_dropped_total", help: "Values of plugin metrics beyond the bound",
      points: [MetricsSnapshot.Point(value: Double(dropped))])
    return recorded + [lost]
  }
}

extension PluginMetrics.Sum {
  fileprivate mutating func add(_ value: Double, _ kind: PluginMetricKind) {
    self.value = kind == .gauge ? value : self.value + value
    count += 1
    minimum = min(minimum, value)
    maximum = max(maximum, value)
  }
}
