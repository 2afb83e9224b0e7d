import Glibc

/// How little one byte of a value tells about the next.
enum Entropy {
  /// More bytes do not change the picture.
  static let maxBytes = 128

  /// Shannon's measure over the bytes of a value, in bits for each.
  static func bits(_ bytes: PlainBytes, _ range: Range<Int>) -> Double {
    let range = range.prefix(maxBytes)
    guard !range.isEmpty else { return 0 }
    var counts = InlineArray<256, UInt8>(repeating: 0)
    for index in range { counts[Int(bytes[index])] += 1 }
    let total = Double(range.count)
    var bits = 0.0
    for value in 0..<256 where counts[value] > 0 {
      let share = Double(counts[value]) / total
      bits -= share * log2(share)
    }
    return bits
  }

  /// Whether a token looks made by a machine: different characters in no order, and digits among letters.
  static func isRandom(_ bytes: PlainBytes, _ range: Range<Int>) -> Bool {
    let head = range.prefix(maxBytes)
    let digits = head.count { bytes[$0].isDigit }
    return digits > 0 && bits(bytes, range) >= min(3.2, log2(Double(max(2, head.count))) * 0.7)
  }
}
