/// A set of code points: what one place of a pattern may match.
struct ScalarSet: Sendable {
  private var ranges: [ClosedRange<UInt32>] = []
  private var categories: [Category] = []
  private var isNegated = false

  /// A class by Unicode's general category, or its complement.
  private struct Category: Sendable {
    let members: Set<Unicode.GeneralCategory>
    let isNegated: Bool
  }

  init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = ranges }

  func contains(_ scalar: UInt32) -> Bool {
    (ranges.contains { $0.contains(scalar) } || isInCategory(scalar)) != isNegated
  }

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  mutating func formUnion(_ other: ScalarSet) {
    ranges += other.isNegated ? Self.complement(of: other.ranges) : other.ranges
    categories += other.categories
  }

  mutating func negate() { isNegated.toggle() }

  var negated: ScalarSet {
    var copy = self
    copy.negate()
    return copy
  }

  private func isInCategory(_ scalar: UInt32) -> Bool {
    guard !categories.isEmpty, let scalar = Unicode.Scalar(scalar) else { return false }
    let category = scalar.properties.generalCategory
    return categories.contains { $0.members.contains(category) != $0.isNegated }
  }

  private static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
      next = max(next, range.upperBound + 1)
    }
    if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
    return gaps
  }
}

extension ScalarSet {
  /// ECMA-262's `\d`, `\w`, `\s` and `.`.
  static let digits = ScalarSet([0x30...0x39])
  static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let whitespace = ScalarSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F,
    0x3000...0x3000,
    0xFEFF...0xFEFF,
  ])
  static let notLineTerminator = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]).negated

  /// `\p{name}`: a general category, short or long; nil when the name is none.
  init?(category name: String, isNegated: Bool) {
    guard let members = Self.generalCategories[name] else { return nil }
    categories = [Category(members: members, isNegated: isNegated)]
  }

  private static let generalCategories: [String: Set<Unicode.GeneralCategory>] = {
    let leaves: [(names: [String], category: Unicode.GeneralCategory)] = [
      (["Lu", "Uppercase_Letter"], .uppercaseLetter), (["Ll", "Lowercase_Letter"], .lowercaseLetter),
      (["Lt", "Titlecase_Letter"], .titlecaseLetter),
      (["Lm", "Modifier_Letter"], .modifierLetter), (["Lo", "Other_Letter"], .otherLetter), (["Mn", "Nonspacing_Mark"], .nonspacingMark),
      (["Mc", "Spacing_Mark"], .spacingMark), (["Me", "Enclosing_Mark"], .enclosingMark),
      (["Nd", "Decimal_Number", "digit"], .decimalNumber),
      (["Nl", "Letter_Number"], .letterNumber), (["No", "Other_Number"], .otherNumber),
      (["Pc", "Connector_Punctuation"], .connectorPunctuation),
      (["Pd", "Dash_Punctuation"], .dashPunctuation), (["Ps", "Open_Punctuation"], .openPunctuation),
      (["Pe", "Close_Punctuation"], .closePunctuation),
      (["Pi", "Initial_Punctuation"], .initialPunctuation), (["Pf", "Final_Punctuation"], .finalPunctuation),
      (["Po", "Other_Punctuation"], .otherPunctuation),
      (["Sm", "Math_Symbol"], .mathSymbol), (["Sc", "Currency_Symbol"], .currencySymbol), (["Sk", "Modifier_Symbol"], .modifierSymbol),
      (["So", "Other_Symbol"], .otherSymbol), (["Zs", "Space_Separator"], .spaceSeparator), (["Zl", "Line_Separator"], .lineSeparator),
      (["Zp", "Paragraph_Separator"], .paragraphSeparator), (["Cc", "Control", "cntrl"], .control), (["Cf", "Format"], .format),
      (["Cs", "Surrogate"], .surrogate), (["Co", "Private_Use"], .privateUse), (["Cn", "Unassigned"], .unassigned),
    ]
    let groups = [
      ("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("P", "Punctuation"), ("S", "Symbol"), ("Z", "Separator"), ("C", "Other"),
    ]
    var table: [String: Set<Unicode.GeneralCategory>] = [:]
    for (names, category) in leaves {
      for name in names { table[name] = [category] }
      for (short, long) in groups where names[0].hasPrefix(short) {
        table[short, default: []].insert(category)
        table[long, default: []].insert(category)
      }
    }
    table["punct"] = table["P"]
    return table
  }()
}
