internal import Synchronization

/// How long calls of one instance took, by powers of four from 1 µs on. Relaxed atomics: counted on every call, read now and then.
final class CallDurations: Sendable {
  /// Bucket i has the durations up to 1024 · 4^i ns, the last one those above a minute or so.
  static let bucketCount = 15

  private let buckets = InlineArray<15, Atomic<UInt64>> { _ in Atomic(0) }
  private let sum = Atomic<UInt64>(0)
  private let longest = Atomic<UInt64>(0)

  func record(nanoseconds: UInt64) {
    let microseconds = (max(nanoseconds, 1) - 1) >> 10
    let index = min((UInt64.bitWidth - microseconds.leadingZeroBitCount + 1) / 2, Self.bucketCount - 1)
    buckets[index].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    if nanoseconds > longest.load(ordering: .relaxed) { longest.max(nanoseconds, ordering: .relaxed) }
  }

  var current: PluginStats.Latency {
    var latency = PluginStats.Latency()
    for index in 0..<Self.bucketCount { latency.buckets[index] = buckets[index].load(ordering: .relaxed) }
    latency.sumNanoseconds = sum.load(ordering: .relaxed)
    latency.longestNanoseconds = longest.load(ordering: .relaxed)
    return latency
  }
}
