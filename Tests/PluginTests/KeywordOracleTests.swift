import PluginABI
import PluginTesting
import Testing

/// Compares the automaton with a search that tries every keyword at every place.
@Suite struct KeywordOracleTests {
  private struct Unit {
    var letter: Character
    var start: Int
    var end: Int
  }

  /// What the texts consist of, and the letter that each piece counts as; nil: none.
  private static let pieces: [(text: String, letters: String)] = [
    ("a", "a"), ("b", "b"), ("C", "c"), ("d", "d"), (" ", " "), ("\t", " "), ("\u{00A0}", " "), ("\u{200B}", ""), ("\u{0301}", ""),
    ("ａ", "a"),
    ("ⓑ", "b"), ("ﬀ", "ff"), ("ж", "ж"), ("Ж", "ж"), ("語", "語"), ("🅰", "a"), ("-", "-"), ("\u{0001}", ""),
  ]

  private struct Generator {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
  }

  private static func text(_ random: inout Generator, _ count: Int, asciiOnly: Bool) -> (text: String, units: [Unit]) {
    var (text, units) = ("", [Unit]())
    for _ in 0..<count {
      let piece = pieces[asciiOnly ? random.next(6) : random.next(pieces.count)]
      let start = text.utf8.count
      text += piece.text
      for letter in piece.letters {
        if letter == " ", units.last?.letter == " " {
          units[units.count - 1].start = start
        } else {
          units.append(Unit(letter: letter, start: start, end: start + piece.text.utf8.count))
        }
      }
    }
    return (text, units)
  }

  /// By end, then longest first: the order in which one pass finds them.
  private static func search(_ keywords: [[Character]], _ units: [Unit]) -> [String] {
    var found: [String] = []
    let keywords = keywords.sorted { $0.count > $1.count }
    let letters = units.map(\.letter)
    for end in units.indices where found.count < 64 {
      for keyword in keywords where keyword.count <= end + 1 && keyword.last == letters[end] {
        let range = end - keyword.count + 1...end
        guard letters[range].elementsEqual(keyword) else { continue }
        let match = "\(String(keyword)) \(units[range.lowerBound].start)-\(units[end].end)"
        if !found.suffix(keywords.count).contains(match) { found.append(match) }
      }
    }
    return Array(found.prefix(64))
  }

  @Test(arguments: 0..<60)
  func `the automaton finds what trying everything finds`(seed: Int) throws {
    var random = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    let letters = Array("abcdf ж語-")
    let keywords = Set(
      (0..<1 + random.next(30)).map { _ in
        var keyword = (0..<1 + random.next(seed % 3 == 0 ? 4 : 9)).map { _ in letters[random.next(seed % 2 == 0 ? 4 : letters.count)] }
        keyword = keyword.reduce(into: []) { if $1 != " " || $0.last != " " { $0.append($1) } }
        return String(keyword)
      })
    let list = keywords.subtracting([" "]).sorted()
    guard !list.isEmpty else { return }
    let instance = try KeywordGuardrailTests.instance(list)
    for size in [1, 7, 60, 300, 700, 5000] {
      let (text, units) = Self.text(&random, size, asciiOnly: seed % 4 == 0)
      let found = try instance.check([text])
      let expected = Self.search(list.map(Array.init), units)
      let actual = found.violations.map { "\($0.message.dropFirst("Blocked keyword detected: ".count)) \($0.start)-\($0.end)" }
      #expect(actual == expected, "keywords \(list), text of \(size)")
      #expect((found.action == SMG_BLOCK) == !expected.isEmpty)
    }
  }

  /// Rare hits: the fast loop runs over nearly all of it.
  @Test(arguments: 0..<20)
  func `long texts with few hits`(seed: Int) throws {
    var random = Generator(state: UInt64(seed + 1000) &* 0x9E37_79B9_7F4A_7C15 | 1)
    let letters = Array("abcdf ж語-")
    let list = Set((0..<200).map { _ in "c" + String((0..<5 + random.next(4)).map { _ in letters[random.next(4)] }) }).sorted()
    let instance = try KeywordGuardrailTests.instance(list)
    let (text, units) = Self.text(&random, 12_000, asciiOnly: seed % 2 == 0)
    let actual = try instance.check([text]).violations.map {
      "\($0.message.dropFirst("Blocked keyword detected: ".count)) \($0.start)-\($0.end)"
    }
    #expect(actual == Self.search(list.map(Array.init), units))
  }
}
