enum Statistics {
  /// Nearest rank; 0 without values.
  static func percentile(_ ascending: [UInt64], _ share: Double) -> Double {
    guard let last = ascending.last else { return 0 }
    let rank = Int((Double(ascending.count) * share).rounded(.up)) - 1
    return Double(ascending.indices.contains(rank) ? ascending[rank] : last)
  }

  /// Mean of the two middle values when their number is even; 0 without values.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
