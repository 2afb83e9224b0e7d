package import JSON

extension PluginStats {
  /// Times of calls, from the call to its end.
  package struct Latency: Sendable, Hashable {
    package var buckets = [UInt64](repeating: 0, count: CallDurations.bucketCount)
    package var sumNanoseconds: UInt64 = 0
    package var longestNanoseconds: UInt64 = 0

    package var count: UInt64 { buckets.reduce(0, +) }

    /// Inclusive upper edges of all buckets but the last.
    package static let boundsSeconds = (0..<CallDurations.bucketCount - 1).map { Double(UInt64(1024) << (2 * UInt64($0))) / 1e9 }

    /// What this part of the calls took at most, as far as the buckets tell.
    package func quantileSeconds(_ part: Double) -> Double {
      let wanted = UInt64((Double(count) * part).rounded(.up))
      var seen: UInt64 = 0
      for (index, bound) in Self.boundsSeconds.enumerated() {
        seen += buckets[index]
        if seen >= wanted { return min(bound, longestSeconds) }
      }
      return longestSeconds
    }

    private var longestSeconds: Double { Double(longestNanoseconds) / 1e9 }

    /// In milliseconds; null without a call.
    package var document: JSONValue {
      func milliseconds(_ seconds: Double) -> JSONValue { count == 0 ? .null : .number(JSONNumber((seconds * 1e6).rounded() / 1e3)) }
      return [
        "mean_milliseconds": milliseconds(Double(sumNanoseconds) / 1e9 / Double(max(count, 1))),
        "p50_milliseconds": milliseconds(quantileSeconds(0.5)), "p99_milliseconds": milliseconds(quantileSeconds(0.99)),
        "max_milliseconds": milliseconds(longestSeconds),
      ]
    }

    package static func + (one: Latency, other: Latency) -> Latency {
      var sum = one
      for index in sum.buckets.indices { sum.buckets[index] += other.buckets[index] }
      sum.sumNanoseconds += other.sumNanoseconds
      sum.longestNanoseconds = max(one.longestNanoseconds, other.longestNanoseconds)
      return sum
    }
  }
}
