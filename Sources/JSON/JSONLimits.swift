/// Bounds on one JSON text. Text from outside is never read without them.
package struct JSONLimits: Sendable, Hashable {
  /// Size of the whole text in bytes, at most `largestBytes`.
  package var maxBytes: Int {
    didSet { maxBytes = Self.clamped(maxBytes, to: Self.largestBytes) }
  }
  /// Arrays and objects that may be open at once, at most `deepest`; a text that is one number has depth 0.
  package var maxDepth: Int {
    didSet { maxDepth = Self.clamped(maxDepth, to: Self.deepest) }
  }

  /// 64 MiB and 128 levels, unless said otherwise. Values beyond what the scanner can hold are brought down to it.
  package init(maxBytes: Int = 64 << 20, maxDepth: Int = 128) {
    self.maxBytes = Self.clamped(maxBytes, to: Self.largestBytes)
    self.maxDepth = Self.clamped(maxDepth, to: Self.deepest)
  }

  package static let standard = JSONLimits()
  /// The widest bounds there are.
  package static let widest = JSONLimits(maxBytes: largestBytes, maxDepth: deepest)

  /// Offsets of member names are kept in 31 bits while scanning.
  package static let largestBytes = Int(Int32.max)
  /// Trees of values are built, written and freed by recursion; this much fits 2 MiB, the smallest stack that
  /// the C library gives a thread, in any build.
  package static let deepest = 512

  private static func clamped(_ value: Int, to upper: Int) -> Int { min(max(value, 0), upper) }
}
