/// "Did you mean": the nearest known word, by edit distance.
enum Suggestion {
  /// The candidate nearest to `word`, when it is near enough to be a slip of the pen.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let letters = normalised(word)
    guard (2...64).contains(letters.count) else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let other = normalised(candidate)
      let bound = max(1, min(letters.count, other.count) / 3)
      guard abs(letters.count - other.count) <= bound else { continue }
      let distance = editDistance(letters, other)
      if distance <= bound, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  static func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
  }

  /// Case and word separators are what people get wrong without noticing.
  private static func normalised(_ word: String) -> [UInt8] {
    word.utf8.compactMap { byte in
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: " "): nil
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      default: byte
      }
    }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[b.count]
  }
}
