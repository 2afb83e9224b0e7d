/// Takes the disguise off a text, scalar by scalar: what looks or reads the same becomes the same.
///
/// Folding twice is folding once, and it does not depend on neighbours; the generator of the tables proves the first for every scalar.
package struct UnicodeFolding: Sendable {
  /// Upper and lower case become the same.
  package static let withoutCase = UnicodeFolding(
    form: FoldingTable(UnicodeFoldingData.form), letterCase: FoldingTable(UnicodeFoldingData.letterCase))
  /// Letters keep their case.
  package static let withCase = UnicodeFolding(form: withoutCase.form, letterCase: nil)

  private let form: FoldingTable
  private let letterCase: FoldingTable?
  /// Every scalar that folds to something else, Hangul syllables apart, with what it folds to.
  package private(set) var changes: [(scalar: UInt32, folded: [UInt32])] = []

  private init(form: FoldingTable, letterCase: FoldingTable?) {
    self.form = form
    self.letterCase = letterCase
    changes = (form.scalars + (letterCase?.scalars ?? [])).map { ($0, fold($0)) }
  }

  /// What the scalar becomes; nothing for one that is not seen.
  package func fold(_ scalar: UInt32) -> [UInt32] {
    if Hangul.syllables.contains(scalar) { return Hangul.decompose(scalar) }
    let formed = form[scalar]
    guard let letterCase else { return formed }
    return formed.count == 1 ? letterCase[formed[0]] : formed.flatMap { letterCase[$0] }
  }

  package func fold(_ text: String) -> [UInt32] { text.unicodeScalars.flatMap { fold($0.value) } }
}

/// Hangul syllables, which Unicode decomposes by arithmetic (The Unicode Standard, section 3.12).
package enum Hangul {
  package static let syllables: Range<UInt32> = 0xAC00..<0xAC00 + 11172
  package static let jamo: Range<UInt32> = 0x1100..<0x1200

  package static func decompose(_ syllable: UInt32) -> [UInt32] {
    let index = syllable - syllables.lowerBound
    let (leading, vowel, trailing) = (0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28)
    return trailing == 0x11A7 ? [leading, vowel] : [leading, vowel, trailing]
  }
}

/// A map from scalars to sequences of scalars, read from the packed form that the generator documents.
struct FoldingTable: Sendable {
  private struct Run: Sendable {
    var first: UInt32
    var count: UInt32
    var step: UInt32
    /// What is added to a scalar; nil: the run has a sequence.
    var offset: Int32?
    var sequence: [UInt32] = []

    var last: UInt32 { first + (count - 1) * step }
  }
  private var runs: [Run] = []

  init(_ packed: StaticString) {
    var reader = PackedNumbers(packed)
    var at: UInt32 = 0
    while let gap = reader.next() {
      let run = Self.run(first: at + gap, &reader)
      runs.append(run)
      at = run.last + 1
    }
  }

  private static func run(first: UInt32, _ reader: inout PackedNumbers) -> Run {
    let operation = reader.next()
    let count = reader.next() ?? 1
    switch operation {
    case 1: return Run(first: first, count: count, step: 1, offset: reader.nextSigned())
    case 2: return Run(first: first, count: count, step: 2, offset: reader.nextSigned())
    case 3:
      var previous = first
      let sequence = (0..<count).map { _ in
        previous = UInt32(truncatingIfNeeded: Int64(previous) + Int64(reader.nextSigned()))
        return previous
      }
      return Run(first: first, count: 1, step: 1, offset: nil, sequence: sequence)
    default: return Run(first: first, count: count, step: 1, offset: nil)
    }
  }

  subscript(scalar: UInt32) -> [UInt32] {
    let index = runs.partitioningIndex { $0.last >= scalar }
    guard index < runs.count, runs[index].first <= scalar, (scalar - runs[index].first) % runs[index].step == 0 else { return [scalar] }
    guard let offset = runs[index].offset else { return runs[index].sequence }
    return [UInt32(truncatingIfNeeded: Int64(scalar) + Int64(offset))]
  }

  var scalars: [UInt32] { runs.flatMap { run in (0..<run.count).map { run.first + $0 * run.step } } }
}

/// Which scalars are part of a word: letters, digits, the low line, and what folds to one.
package struct WordScalars: Sendable {
  package static let all = WordScalars()
  package let ranges: [ClosedRange<UInt32>]

  private init() {
    var reader = PackedNumbers(UnicodeFoldingData.words)
    var ranges: [ClosedRange<UInt32>] = []
    var at: UInt32 = 0
    while let gap = reader.next(), let count = reader.next() {
      ranges.append(at + gap...at + gap + count - 1)
      at += gap + count
    }
    self.ranges = ranges
  }

  package func contains(_ scalar: UInt32) -> Bool {
    let index = ranges.partitioningIndex { $0.upperBound >= scalar }
    return index < ranges.count && ranges[index].contains(scalar)
  }
}

/// Numbers in base 32: '0' to 'O' end one, 'P' to 'o' continue it.
struct PackedNumbers {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ text: StaticString) { bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) }

  /// The next number; nil at the end.
  mutating func next() -> UInt32? {
    var value: UInt32 = 0
    while position < bytes.count {
      let digit = UInt32(bytes[position]) &- 0x30
      position += 1
      value = value << 5 | digit & 31
      if digit < 32 { return value }
    }
    return nil
  }

  /// Zigzag: 0, -1, 1, -2, …
  mutating func nextSigned() -> Int32 {
    let value = next() ?? 0
    return value & 1 == 0 ? Int32(value >> 1) : -Int32(value >> 1) - 1
  }
}

extension Array {
  /// The first index whose element satisfies `predicate`, in an array where all that follow do too; the count if none does.
  func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
