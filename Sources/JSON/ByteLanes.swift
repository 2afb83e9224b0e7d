/// Eight bytes of text in one register. A test marks the high bit of each byte that meets it; a mark above the lowest one may be false, because
/// the subtractions borrow, so only the lowest counts.
struct ByteLanes {
  private let word: UInt64

  /// - Precondition: eight bytes can be read at `pointer`.
  @inline(__always)
  init(at pointer: UnsafePointer<UInt8>) {
    word = UInt64(littleEndian: UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self))
  }

  /// The marks of a test.
  struct Marks {
    let bits: UInt64
    var isEmpty: Bool { bits == 0 }
    /// Index of the first byte that meets the test; 8 when none does.
    var first: Int { bits.trailingZeroBitCount >> 3 }
  }

  /// Ends of a plain run in a string that is not yet checked: quote, backslash, control character, non-ASCII.
  @inline(__always)
  var stringStops: Marks {
    let high: UInt64 = 0x8080_8080_8080_8080
    let control = (word &- 0x2020_2020_2020_2020) & ~word
    return Marks(bits: (control | Self.zeros(word ^ 0x2222_2222_2222_2222) | Self.zeros(word ^ 0x5C5C_5C5C_5C5C_5C5C) | word) & high)
  }

  /// Bytes of a string that must be escaped: quote, backslash, control character.
  @inline(__always)
  var needsEscape: Marks {
    let high: UInt64 = 0x8080_8080_8080_8080
    let control = (word &- 0x2020_2020_2020_2020) & ~word
    return Marks(bits: (control | Self.zeros(word ^ 0x2222_2222_2222_2222) | Self.zeros(word ^ 0x5C5C_5C5C_5C5C_5C5C)) & high)
  }

  /// Quotes and backslashes: where a string that was checked may end.
  @inline(__always)
  var quotesAndBackslashes: Marks {
    Marks(bits: (Self.zeros(word ^ 0x2222_2222_2222_2222) | Self.zeros(word ^ 0x5C5C_5C5C_5C5C_5C5C)) & 0x8080_8080_8080_8080)
  }

  /// Quotes, brackets and braces: what matters when a container is skipped. Bit 5 tells bracket from brace and is set for the comparison.
  @inline(__always)
  var quotesAndBrackets: Marks {
    let folded = word | 0x2020_2020_2020_2020
    let brackets = Self.zeros(folded ^ 0x7B7B_7B7B_7B7B_7B7B) | Self.zeros(folded ^ 0x7D7D_7D7D_7D7D_7D7D)
    return Marks(bits: (Self.zeros(word ^ 0x2222_2222_2222_2222) | brackets) & 0x8080_8080_8080_8080)
  }

  /// The index of the first of the bytes from `start` to `end` at which a test stops, or an index at most 31 before it.
  @inline(__always)
  static func leap(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, _ test: (ByteLanes) -> Marks) -> Int {
    var index = start
    while index &+ 32 <= end {
      let marks =
        test(ByteLanes(at: bytes + index)).bits | test(ByteLanes(at: bytes + (index &+ 8))).bits
        | test(ByteLanes(at: bytes + (index &+ 16))).bits | test(ByteLanes(at: bytes + (index &+ 24))).bits
      if marks != 0 { break }
      index &+= 32
    }
    return index
  }

  @inline(__always)
  var isAllSpaces: Bool { word == 0x2020_2020_2020_2020 }

  /// High bits of the bytes that are zero; the caller masks the rest away.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }
}
