/// One value to take out of a text.
struct Redaction: Sendable {
  var segment: Int
  /// Bytes of the segment's text.
  var range: Range<Int>
  var detector: Detector

  /// In the order of the text; where some overlap, they go together, as the first of them.
  static func disjoint(_ redactions: [Redaction], in text: [UInt8]) -> [Redaction] {
    var result: [Redaction] = []
    for redaction in redactions.sorted(by: { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }) {
      let range = redaction.range.clamped(to: 0..<text.count)
      if let last = result.indices.last, range.lowerBound < result[last].range.upperBound {
        result[last].range = result[last].range.lowerBound..<max(result[last].range.upperBound, range.upperBound)
      } else if !range.isEmpty {
        result.append(Redaction(segment: redaction.segment, range: range, detector: redaction.detector))
      }
    }
    return result
  }
}
