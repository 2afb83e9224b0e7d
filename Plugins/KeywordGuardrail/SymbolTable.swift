internal import TextFolding

/// Turns scalars into the symbols of the automaton: a small alphabet that holds what the keywords consist of, and nothing else.
///
/// A keyword character is one symbol while there are few enough different ones; for long lists in scripts with many characters it is the
/// bytes of its UTF-8. Whatever no keyword contains is one and the same symbol.
struct SymbolTable: Sendable {
  /// Occurs in no keyword.
  static let other: UInt8 = 0
  /// Folds to nothing.
  static let ignored: UInt8 = 1
  /// White space of any kind.
  static let space: UInt8 = 2
  private static let firstFree: UInt8 = 3
  private static let maxDirect = 240

  /// What a scalar becomes: below 256 one symbol, else 256 + the number of a sequence.
  typealias Code = UInt16

  /// Different symbols.
  let count: Int
  /// The symbol of each ASCII byte; `other` for bytes above.
  let ascii: FrozenArray<UInt8>
  private let encode: [UInt32: [UInt8]]
  private let pageOfBlock: FrozenArray<UInt16>
  private let pages: FrozenArray<Code>
  private let sequenceStarts: FrozenArray<Int32>
  private let sequenceSymbols: FrozenArray<UInt8>

  /// - Parameter keywords: already folded.
  init(keywords: [[UInt32]], folding: UnicodeFolding) {
    (encode, count) = Self.alphabet(of: keywords)
    var codes = CodeBuilder(encode)
    for (scalar, symbols) in encode { codes.set(scalar, symbols) }
    for change in folding.changes { codes.set(change.scalar, folded: change.folded) }
    if encode.keys.contains(where: Hangul.jamo.contains) {
      for scalar in Hangul.syllables { codes.set(scalar, folded: folding.fold(scalar)) }
    }
    ascii = FrozenArray((0..<256).map { $0 < 128 ? UInt8(truncatingIfNeeded: codes[UInt32($0)]) : Self.other })
    pageOfBlock = FrozenArray(codes.pageOfBlock)
    pages = FrozenArray(codes.pages)
    sequenceStarts = FrozenArray(codes.sequenceStarts)
    sequenceSymbols = FrozenArray(codes.sequenceSymbols)
  }

  private static func alphabet(of keywords: [[UInt32]]) -> (encode: [UInt32: [UInt8]], count: Int) {
    let scalars = Set(keywords.joined()).subtracting([0x20]).sorted()
    var encode: [UInt32: [UInt8]] = [0x20: [space]]
    guard scalars.count > maxDirect else {
      for (index, scalar) in scalars.enumerated() { encode[scalar] = [firstFree + UInt8(index)] }
      return (encode, Int(firstFree) + scalars.count)
    }
    let bytes = Set(scalars.flatMap { UTF8Scalar.encode($0) }).sorted()
    let symbolOfByte = Dictionary(uniqueKeysWithValues: bytes.enumerated().map { ($1, firstFree + UInt8($0)) })
    for scalar in scalars { encode[scalar] = UTF8Scalar.encode(scalar).compactMap { symbolOfByte[$0] } }
    return (encode, Int(firstFree) + bytes.count)
  }

  /// A folded keyword in symbols.
  func symbols(of keyword: [UInt32]) -> [UInt8] { keyword.flatMap { encode[$0] ?? [Self.other] } }

  /// - Parameter scalar: below 0x110000.
  @inline(__always)
  func code(_ scalar: UInt32) -> Code {
    scalar < 0x800 ? pages[Int(scalar)] : pages[Int(pageOfBlock[Int(scalar >> 8)]) << 8 | Int(scalar & 255)]
  }

  /// The symbols of a code of 256 or more, as a range for `sequenceSymbol`.
  func sequence(_ code: Code) -> Range<Int> {
    let index = Int(code) - 256
    return Int(sequenceStarts[index])..<Int(sequenceStarts[index + 1])
  }

  func sequenceSymbol(_ index: Int) -> UInt8 { sequenceSymbols[index] }

  /// Writes the symbols of a block of text, ignored ones included, and says where it stopped: after the block's last character or where
  /// the buffer may be full.
  func translate(
    _ text: UnsafeBufferPointer<UInt8>, _ block: Range<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> (count: Int, position: Int) {
    guard let bytes = text.baseAddress, let symbols = buffer.baseAddress else { return (0, block.upperBound) }
    let ascii = ascii.start
    let full = buffer.count - Self.maxSymbolsOfScalar
    var (count, position) = (0, block.lowerBound)
    while position < block.upperBound, count < full {
      if bytes[position] < 0x80 {
        if position + 8 <= block.upperBound, isASCII(bytes + position) {
          for offset in 0..<8 { symbols[count + offset] = ascii[Int(bytes[position + offset])] }
          (count, position) = (count + 8, position + 8)
        } else {
          symbols[count] = ascii[Int(bytes[position])]
          (count, position) = (count + 1, position + 1)
        }
        continue
      }
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      position += length
      let code = code(scalar)
      if code < 256 {
        symbols[count] = UInt8(truncatingIfNeeded: code)
        count += 1
      } else {
        for index in sequence(code) {
          symbols[count] = sequenceSymbols[index]
          count += 1
        }
      }
    }
    return (count, position)
  }

  /// Whether eight bytes have no highest bit set.
  @inline(__always)
  private func isASCII(_ bytes: UnsafePointer<UInt8>) -> Bool {
    UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
  }

  /// More than any scalar becomes: the longest form has 18 scalars, each of at most 4 bytes.
  private static let maxSymbolsOfScalar = 128
}

/// Fills the two-level table. Each of the first eight blocks of 256 scalars has the page of its number; of the others, those without anything
/// to say share one page.
private struct CodeBuilder {
  private let encode: [UInt32: [UInt8]]
  private static let sharedPage: UInt16 = 8
  private(set) var pageOfBlock = (0..<0x110000 >> 8).map { UInt16(min($0, Int(sharedPage))) }
  private(set) var pages = [SymbolTable.Code](repeating: SymbolTable.Code(SymbolTable.other), count: 9 * 256)
  private(set) var sequenceStarts: [Int32] = [0]
  private(set) var sequenceSymbols: [UInt8] = []

  init(_ encode: [UInt32: [UInt8]]) { self.encode = encode }

  subscript(scalar: UInt32) -> SymbolTable.Code { pages[Int(pageOfBlock[Int(scalar >> 8)]) << 8 | Int(scalar & 255)] }

  mutating func set(_ scalar: UInt32, folded: [UInt32]) {
    if !folded.isEmpty, folded.allSatisfy({ encode[$0] == nil }) { return }
    set(scalar, folded.flatMap { encode[$0] ?? [SymbolTable.other] })
  }

  mutating func set(_ scalar: UInt32, _ symbols: [UInt8]) {
    let code = code(symbols)
    guard code != self[scalar] else { return }
    let block = Int(scalar >> 8)
    if pageOfBlock[block] == Self.sharedPage {
      pageOfBlock[block] = UInt16(pages.count >> 8)
      pages.append(contentsOf: repeatElement(SymbolTable.Code(SymbolTable.other), count: 256))
    }
    pages[Int(pageOfBlock[block]) << 8 | Int(scalar & 255)] = code
  }

  private mutating func code(_ symbols: [UInt8]) -> SymbolTable.Code {
    guard let first = symbols.first else { return SymbolTable.Code(SymbolTable.ignored) }
    if symbols.count == 1 || symbols.allSatisfy({ $0 == SymbolTable.other }) { return SymbolTable.Code(first) }
    sequenceSymbols.append(contentsOf: symbols)
    sequenceStarts.append(Int32(sequenceSymbols.count))
    return SymbolTable.Code(256 + sequenceStarts.count - 2)
  }
}
