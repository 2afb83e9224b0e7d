/// What one stretch of load showed.
struct Slice: Sendable {
  var seconds: Double
  /// Nanoseconds from the first byte sent to the last byte received, ascending.
  var latencies: [UInt64]

  var calls: Int { latencies.count }
  var callsPerSecond: Double { Double(calls) / seconds }
  var p50: Double { Statistics.percentile(latencies, 0.5) / 1000 }
  var p99: Double { Statistics.percentile(latencies, 0.99) / 1000 }
}

/// How long one stretch of load goes on.
struct SliceLength: Sendable {
  var seconds: Double
  /// Calls to make even if they take longer than `seconds`.
  var minCalls: Int
}
