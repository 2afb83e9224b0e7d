internal import TextFolding

/// Turns any scalar into what the scanners read: ASCII, and two bytes above it that stand for everything else.
///
/// Compatibility forms, accents and whatever is not seen go as they do for keywords (`UnicodeFolding`); letter case stays. On top of that,
/// letters of other scripts that look like Latin ones become those, and digits of other scripts become ASCII digits.
struct PlainFolding: Sendable {
  static let shared = PlainFolding()

  /// Stands for a letter or digit that has no Latin look-alike.
  static let otherLetter: UInt8 = 0x80
  /// Stands for any other symbol.
  static let otherSymbol: UInt8 = 0x81

  /// Below 256 the byte; `dropped`; else 512 + the number of a sequence.
  typealias Code = UInt16
  static let dropped: Code = 256
  private static let firstSequence: Code = 512

  private let pageOfBlock: FrozenArray<UInt16>
  private let pages: FrozenArray<Code>
  private let sequences: [[UInt8]]

  private init() {
    var pages = PageTable()
    for range in WordScalars.all.ranges { pages.fill(range, Code(Self.otherLetter)) }
    var sequences: [[UInt8]] = []
    func set(_ scalar: UInt32, _ bytes: [UInt8]) {
      if bytes.count == 1 { return pages.set(scalar, Code(bytes[0])) }
      if bytes.isEmpty { return pages.set(scalar, Self.dropped) }
      pages.set(scalar, Self.firstSequence + Code(sequences.count))
      sequences.append(bytes)
    }
    for change in UnicodeFolding.withCase.changes {
      set(change.scalar, change.folded.map { Confusables.plain($0) ?? ($0 < 0x80 ? UInt8($0) : Self.byte(for: $0)) })
    }
    for (scalar, byte) in Confusables.all { pages.set(scalar, Code(byte)) }
    for zero in Confusables.zeros { for digit in 0..<UInt32(10) { pages.set(zero + digit, Code(0x30 + digit)) } }
    for scalar in UInt32(0x20)..<0x7F { pages.set(scalar, Code(scalar)) }
    for scalar in [0x09, 0x0A, 0x0D] as [UInt32] { pages.set(scalar, Code(scalar)) }
    for scalar in [0x85, 0x2028, 0x2029] as [UInt32] { pages.set(scalar, 0x0A) }
    pageOfBlock = FrozenArray(pages.pageOfBlock)
    self.pages = FrozenArray(pages.pages)
    self.sequences = sequences
  }

  private static func byte(for scalar: UInt32) -> UInt8 { WordScalars.all.contains(scalar) ? otherLetter : otherSymbol }

  /// - Parameter scalar: below 0x110000.
  @inline(__always)
  func code(_ scalar: UInt32) -> Code { pages[Int(pageOfBlock[Int(scalar >> 8)]) << 8 | Int(scalar & 255)] }

  /// The bytes of a code of 512 or more.
  func sequence(_ code: Code) -> [UInt8] { sequences[Int(code - Self.firstSequence)] }
}

/// A two-level table over all scalars. Blocks without anything to say share page 0, blocks of nothing but letters page 1.
private struct PageTable {
  private(set) var pageOfBlock = [UInt16](repeating: 0, count: 0x110000 >> 8)
  private(set) var pages =
    [PlainFolding.Code](repeating: PlainFolding.Code(PlainFolding.otherSymbol), count: 256)
    + [PlainFolding.Code](repeating: PlainFolding.Code(PlainFolding.otherLetter), count: 256)

  mutating func fill(_ range: ClosedRange<UInt32>, _ code: PlainFolding.Code) {
    var scalar = range.lowerBound
    while scalar <= range.upperBound {
      if scalar & 255 == 0, range.upperBound - scalar >= 255, pageOfBlock[Int(scalar >> 8)] == 0 {
        pageOfBlock[Int(scalar >> 8)] = 1
        scalar += 256
      } else {
        set(scalar, code)
        scalar += 1
      }
    }
  }

  mutating func set(_ scalar: UInt32, _ code: PlainFolding.Code) {
    let block = Int(scalar >> 8)
    let page = Int(pageOfBlock[block])
    guard pages[page << 8 | Int(scalar & 255)] != code else { return }
    if page < 2 {
      pageOfBlock[block] = UInt16(pages.count >> 8)
      pages.append(contentsOf: Array(pages[page << 8..<(page + 1) << 8]))
    }
    pages[Int(pageOfBlock[block]) << 8 | Int(scalar & 255)] = code
  }
}
