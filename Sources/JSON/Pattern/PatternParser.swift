/// Reads ECMA-262 regular expressions with Unicode semantics, as JSON Schema's `pattern` has them, as far as they can be matched in linear time:
/// no lookaround and no back-references.
struct PatternParser {
  private let scalars: [UInt32]
  private var position = 0
  private var depth = 0

  private static let deepestNesting = 64
  private static let largestCount = 100_000

  static func parse(_ source: String) throws(PatternError) -> PatternNode {
    var parser = PatternParser(scalars: source.unicodeScalars.map(\.value))
    let node = try parser.parseAlternatives()
    guard parser.position == parser.scalars.count else { throw PatternError(description: "unmatched ')'") }
    return node
  }

  private init(scalars: [UInt32]) { self.scalars = scalars }

  private var next: UInt32? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == character.value else { return false }
    position += 1
    return true
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private mutating func parseAlternatives() throws(PatternError) -> PatternNode {
    var alternatives = [try parseSequence()]
    while take("|" as Unicode.Scalar) { alternatives.append(try parseSequence()) }
    return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
  }

  private mutating func parseSequence() throws(PatternError) -> PatternNode {
    var terms: [PatternNode] = []
    while let character = next, character != 0x7C, character != 0x29 {
      let term = try parseQuantified()
      if !term.isEmpty { terms.append(term) }
    }
    return terms.isEmpty ? .empty : terms.count == 1 ? terms[0] : .sequence(terms)
  }

  private mutating func parseQuantified() throws(PatternError) -> PatternNode {
    let term = try parseTerm()
    guard let (least, most) = try parseQuantifier() else { return term }
    if case .assertion = term { throw PatternError(description: "nothing to repeat at \(position)") }
    _ = take("?" as Unicode.Scalar)
    return term.isEmpty || most == 0 ? .empty : .repeated(term, least: least, most: most)
  }

  private mutating func parseQuantifier() throws(PatternError) -> (least: Int, most: Int?)? {
    if take("*" as Unicode.Scalar) { return (0, nil) }
    if take("+" as Unicode.Scalar) { return (1, nil) }
    if take("?" as Unicode.Scalar) { return (0, 1) }
    let start = position
    if take("{" as Unicode.Scalar), let least = try parseCount() {
      if take("}" as Unicode.Scalar) { return (least, least) }
      if take("," as Unicode.Scalar) {
        let most = try parseCount()
        if take("}" as Unicode.Scalar) {
          guard most.map({ $0 >= least }) ?? true else { throw PatternError(description: "quantifier bounds out of order") }
          return (least, most)
        }
      }
    }
    position = start
    return nil
  }

  private mutating func parseCount() throws(PatternError) -> Int? {
    var count: Int?
    while let digit = next, (0x30...0x39).contains(digit) {
      count = (count ?? 0) * 10 + Int(digit - 0x30)
      guard count ?? 0 <= Self.largestCount else { throw PatternError(description: "repeat count over \(Self.largestCount)") }
      position += 1
    }
    return count
  }

  private mutating func parseTerm() throws(PatternError) -> PatternNode {
    guard let character = next else { return .empty }
    switch character {
    case 0x28: return try parseGroup()
    case 0x5B: return .scalars(try parseClass())
    case 0x5C: return try parseEscape()
    case 0x2A, 0x2B, 0x3F: throw PatternError(description: "nothing to repeat at \(position)")
    case 0x7B:
      guard try parseQuantifier() == nil else { throw PatternError(description: "nothing to repeat at \(position)") }
      position += 1
    default: position += 1
    }
    switch character {
    case 0x2E: return .scalars(.notLineTerminator)
    case 0x5E: return .assertion(.start)
    case 0x24: return .assertion(.end)
    default: return .scalars(ScalarSet([character...character]))
    }
  }

  private mutating func parseGroup() throws(PatternError) -> PatternNode {
    guard depth < Self.deepestNesting else { throw PatternError(description: "groups nest deeper than \(Self.deepestNesting)") }
    position += 1
    if take("?" as Unicode.Scalar) { try skipGroupKind() }
    depth += 1
    let node = try parseAlternatives()
    depth -= 1
    guard take(")" as Unicode.Scalar) else { throw PatternError(description: "unterminated group") }
    return node
  }

  /// After `(?`: a group that does not capture, or a named one. Captures mean nothing here.
  private mutating func skipGroupKind() throws(PatternError) {
    if take(":" as Unicode.Scalar) { return }
    if take("=") || take("!") || take("<=") || take("<!") { throw PatternError(description: "lookahead and lookbehind are not supported") }
    guard take("<" as Unicode.Scalar) else { throw PatternError(description: "this kind of group is not supported") }
    while let character = next, character != 0x3E { position += 1 }
    guard take(">" as Unicode.Scalar) else { throw PatternError(description: "unterminated group name") }
  }

  private mutating func parseEscape() throws(PatternError) -> PatternNode {
    if take("\\b") { return .assertion(.wordBoundary) }
    if take("\\B") { return .assertion(.noWordBoundary) }
    return .scalars(try parseScalarEscape().set)
  }
}

/// Classes and escapes.
extension PatternParser {
  /// A set, and the one code point it holds if it stands for one.
  private typealias Atom = (set: ScalarSet, scalar: UInt32?)

  private static func atom(_ scalar: UInt32) -> Atom { (ScalarSet([scalar...scalar]), scalar) }

  private mutating func parseClass() throws(PatternError) -> ScalarSet {
    position += 1
    let isNegated = take("^" as Unicode.Scalar)
    var set = ScalarSet()
    while !take("]" as Unicode.Scalar) {
      let first = try parseClassAtom()
      let isRange = next == 0x2D && position + 1 < scalars.count && scalars[position + 1] != 0x5D
      guard isRange, let lower = first.scalar else {
        set.formUnion(first.set)
        continue
      }
      position += 1
      guard let upper = try parseClassAtom().scalar, lower <= upper else {
        throw PatternError(description: "range out of order in a class")
      }
      set.insert(lower...upper)
    }
    if isNegated { set.negate() }
    return set
  }

  private mutating func parseClassAtom() throws(PatternError) -> Atom {
    guard let character = next else { throw PatternError(description: "unterminated class") }
    if take("\\b") { return Self.atom(0x08) }
    if take("\\-") { return Self.atom(0x2D) }
    if character == 0x5C { return try parseScalarEscape() }
    position += 1
    return Self.atom(character)
  }

  /// An escape that stands for one character or a set of them.
  private mutating func parseScalarEscape() throws(PatternError) -> Atom {
    position += 1
    guard let letter = next else { throw PatternError(description: "pattern ends in a backslash") }
    position += 1
    switch Unicode.Scalar(letter) ?? "?" {
    case "d": return (.digits, nil)
    case "D": return (.digits.negated, nil)
    case "w": return (.wordCharacters, nil)
    case "W": return (.wordCharacters.negated, nil)
    case "s": return (.whitespace, nil)
    case "S": return (.whitespace.negated, nil)
    case "p", "P": return (try parseCategory(isNegated: letter == 0x50), nil)
    case "t": return Self.atom(0x09)
    case "n": return Self.atom(0x0A)
    case "v": return Self.atom(0x0B)
    case "f": return Self.atom(0x0C)
    case "r": return Self.atom(0x0D)
    case "0" where !(next.map { (0x30...0x39).contains($0) } ?? false): return Self.atom(0)
    case "x": return Self.atom(try parseHexadecimal(digits: 2))
    case "u": return Self.atom(try parseUnicodeEscape())
    case "c": return Self.atom(try parseControlLetter())
    case "1"..."9", "k": throw PatternError(description: "back-references are not supported")
    default: break
    }
    let isASCIILetterOrDigit = ScalarSet.wordCharacters.contains(letter) && letter != 0x5F
    guard letter < 0x80, !isASCIILetterOrDigit else { throw PatternError(description: "unknown escape at \(position - 2)") }
    return Self.atom(letter)
  }

  private mutating func parseCategory(isNegated: Bool) throws(PatternError) -> ScalarSet {
    guard take("{" as Unicode.Scalar), let end = scalars[position...].firstIndex(of: 0x7D) else {
      throw PatternError(description: "\\p needs a name in braces")
    }
    let name = String(String.UnicodeScalarView(scalars[position..<end].compactMap(Unicode.Scalar.init)))
    position = end + 1
    let prefixes = ["General_Category=", "gc="]
    let value = prefixes.first { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) } ?? name
    guard let set = ScalarSet(category: value, isNegated: isNegated) else {
      throw PatternError(description: "of \\p classes, only general categories are supported")
    }
    return set
  }

  private mutating func parseUnicodeEscape() throws(PatternError) -> UInt32 {
    if take("{" as Unicode.Scalar) {
      guard let end = scalars[position...].firstIndex(of: 0x7D), end > position, end - position <= 6 else {
        throw PatternError(description: "malformed \\u escape")
      }
      let scalar = try parseHexadecimal(digits: end - position)
      position = end + 1
      guard scalar <= 0x10FFFF else { throw PatternError(description: "\\u escape beyond U+10FFFF") }
      return scalar
    }
    let unit = try parseHexadecimal(digits: 4)
    guard (0xD800..<0xDC00).contains(unit), let trail = trailSurrogateAhead else { return unit }
    position += 6
    return 0x10000 + ((unit & 0x3FF) << 10 | (trail & 0x3FF))
  }

  /// The value of a `\u` escape that follows, if it is the second half of a surrogate pair.
  private var trailSurrogateAhead: UInt32? {
    let ahead = scalars[position...].prefix(6)
    guard ahead.count == 6, ahead.starts(with: [0x5C, 0x75]) else { return nil }
    var unit: UInt32 = 0
    for character in ahead.dropFirst(2) {
      guard let digit = UInt8(exactly: character)?.hexadecimalDigit else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    return (0xDC00..<0xE000).contains(unit) ? unit : nil
  }

  private mutating func parseHexadecimal(digits: Int) throws(PatternError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let character = next, let digit = UInt8(exactly: character)?.hexadecimalDigit else {
        throw PatternError(description: "malformed hexadecimal escape")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func parseControlLetter() throws(PatternError) -> UInt32 {
    guard let letter = next, (0x41...0x5A).contains(letter & ~0x20), letter < 0x80 else {
      throw PatternError(description: "malformed \\c escape")
    }
    position += 1
    return letter & 0x1F
  }
}
