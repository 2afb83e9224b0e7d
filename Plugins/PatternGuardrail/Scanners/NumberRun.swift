/// Digits in groups, with the separators that people write between them.
struct NumberRun {
  static let maxDigits = 24
  static let maxGroups = 8

  /// Digits of a run, as numbers from 0 to 9.
  struct Digits {
    private(set) var values = InlineArray<24, UInt8>(repeating: 0)
    private(set) var count = 0

    subscript(index: Int) -> UInt8 { index < count ? values[index] : 0 }

    mutating func append(_ digit: UInt8) {
      guard count < NumberRun.maxDigits else { return }
      values[count] = digit
      count += 1
    }

    /// What the digits of a range say; at most 18 of them.
    func number(_ range: Range<Int>) -> Int { range.prefix(18).reduce(0) { $0 * 10 + Int(self[$1]) } }
  }

  struct Group {
    /// Of the whole run, up to this group's last.
    var digits = 0
    /// Where it ends in the text.
    var end = 0
    /// What stands before it; 0: nothing.
    var separator: UInt8 = 0
  }

  private(set) var digits = Digits()
  private var all = InlineArray<8, Group>(repeating: Group())
  private(set) var groupCount = 0
  let hasPlus: Bool
  private(set) var hasParenthesis = false

  /// Reads from `start`, where a digit, "+" or "(" stands.
  init(_ bytes: PlainBytes, at start: Int) {
    var position = start
    hasPlus = bytes[position] == UInt8(ascii: "+")
    if hasPlus { position += 1 }
    var separator: UInt8 = 0
    if bytes[position] == UInt8(ascii: "(") {
      hasParenthesis = true
      position += 1
    }
    while groupCount < Self.maxGroups, bytes[position].isDigit {
      let groupStart = position
      while bytes[position].isDigit, position - groupStart <= Self.maxDigits { position += 1 }
      guard digits.count + position - groupStart <= Self.maxDigits, !goesOn(bytes, position) else { return }
      for index in groupStart..<position { digits.append(bytes[index] & 15) }
      all[groupCount] = Group(digits: digits.count, end: position, separator: separator)
      groupCount += 1
      (position, separator) = separators(bytes, position)
    }
  }

  /// Whether a group is part of a longer word; "x" before a digit begins an extension.
  private func goesOn(_ bytes: PlainBytes, _ position: Int) -> Bool {
    let byte = bytes[position]
    return (byte.isWord || byte == UInt8(ascii: "_"))
      && !(byte | 0x20 == UInt8(ascii: "x") && bytes[position + 1].isDigit && groupCount > 0)
  }

  /// The position after the separators at `position`, and what they were.
  private mutating func separators(_ bytes: PlainBytes, _ start: Int) -> (Int, UInt8) {
    var (position, separator) = (start, UInt8(0))
    if bytes[position] == UInt8(ascii: ")") {
      (position, separator) = (position + 1, UInt8(ascii: ")"))
    }
    switch bytes[position] {
    case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"):
      if separator == 0 { separator = bytes[position] }
      position += 1
    default: break
    }
    if bytes[position] == UInt8(ascii: "("), separator != 0 || hasPlus {
      if separator == 0 { separator = UInt8(ascii: "(") }
      hasParenthesis = true
      position += 1
    }
    return (position, separator)
  }

  /// A group by its number; an empty one beyond the last.
  func group(_ index: Int) -> Group { index >= 0 && index < groupCount ? all[index] : Group() }

  private func digitsBefore(_ index: Int) -> Int { index == 0 ? 0 : group(index - 1).digits }

  /// How many digits a group has.
  func length(_ index: Int) -> Int { index < groupCount ? group(index).digits - digitsBefore(index) : 0 }

  func value(_ index: Int) -> Int { digits.number(digitsBefore(index)..<max(digitsBefore(index), group(index).digits)) }

  /// Whether the groups from `first` on begin with these lengths.
  func hasShape(_ lengths: Int..., from first: Int = 0) -> Bool {
    for (offset, length) in lengths.enumerated() where self.length(first + offset) != length { return false }
    return true
  }

  /// Whether all separators between the first `count` groups are this one.
  func isSeparated(by separator: UInt8, _ count: Int) -> Bool {
    for index in 1..<max(1, count) where group(index).separator != separator { return false }
    return count <= groupCount
  }

  /// The last group within the first `count` digits; nil when the first has more.
  func lastGroup(atMost count: Int) -> Int? {
    var last: Int?
    for index in 0..<groupCount where group(index).digits <= count { last = index }
    return last
  }
}
