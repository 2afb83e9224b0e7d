import Testing

@testable import JSON

@Suite struct PatternTests {
  @Test(
    arguments: [
      ("", ["", "a"], []), ("a", ["a", "bab"], ["", "b"]), ("^a$", ["a"], ["ab", "ba", ""]), ("^$", [""], ["a"]),
      ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
      ("^(a|bc)+$", ["a", "bc", "abca"], ["", "b", "ab"]), ("^a*$", ["", "aaa"], ["b"]), ("^a?b$", ["b", "ab"], ["aab"]),
      ("^a{3}$", ["aaa"], ["aa", "aaaa"]),
      ("^a{2,}$", ["aa", "aaaaa"], ["a"]), ("^a{1,3}$", ["a", "aaa"], ["", "aaaa"]), ("^a{0}b$", ["b"], ["ab"]), ("^a+?b$", ["aab"], ["b"]),
      ("^.$", ["a", "😀", "\u{301}"], ["", "\n", "\r", "\u{2028}", "ab"]), ("^[abc]$", ["a", "c"], ["d", ""]),
      ("^[^abc]$", ["d", "\n"], ["a"]),
      ("^[a-cx-z]+$", ["abcxyz"], ["d"]), ("^[-a]$", ["-", "a"], ["b"]), ("^[a-]$", ["-", "a"], ["b"]),
      ("^[\\]\\-\\\\]$", ["]", "-", "\\"], ["a"]),
      ("^[\\d_]$", ["5", "_"], ["a"]), ("^[^\\W5]$", ["a", "_"], ["5", "-"]), ("^[]$", [], ["", "a"]), ("^[^]$", ["a", "\n"], [""]),
      ("^\\d\\D$", ["1a"], ["a1", "11", "٣a"]),
      ("^\\w\\W$", ["_-"], ["-_", "éa"]), ("^\\s\\S$", [" a", "\u{FEFF}a", "\u{3000}a"], ["a ", "  "]),
      ("\\bfoo\\b", ["foo", "a foo b"], ["food", "_foo"]),
      ("o\\Bo", ["foo"], ["o o"]), ("^\\t\\n\\v\\f\\r\\0$", ["\t\n\u{B}\u{C}\r\0"], [""]),
      ("^\\x41\\u0042\\u{1F600}\\uD83D\\uDE00\\cA$", ["AB😀😀\u{1}"], ["AB"]),
      ("^\\.\\*\\+\\?\\^\\$\\(\\)\\[\\]\\{\\}\\|\\/\\-\\_\\@$", [".*+?^$()[]{}|/-_@"], [""]), ("^{a}$", ["{a}"], ["a"]),
      ("^a{,2}{$", ["a{,2}{"], ["a"]),
      ("^(?:ab)(?<name>c)$", ["abc"], ["ab"]), ("^\\p{L}\\p{Lu}\\P{L}$", ["éÉ1"], ["éé1", "ÉÉa"]), ("^[\\p{N}x]+$", ["1٣x"], ["y"]),
      ("^(|a)b$", ["b", "ab"], ["aab"]),
      ("^(a*)*$", ["", "aaa"], ["b"]), ("^(a?){3}$", ["", "a", "aaa"], ["aaaa"]), ("^((a{2}){2}){2}$", ["aaaaaaaa"], ["aaaaaaa"]),
      ("x$|^y", ["ax", "yb"], ["xa", "by"]),
      ("^\\p{gc=Lu}$", ["A"], ["a"]), ("^[\\b]$", ["\u{8}"], ["b"]), ("é", ["é"], ["e\u{301}"]),
    ] as [(String, [String], [String])])
  func `a pattern matches what ECMA-262 says`(source: String, matching: [String], others: [String]) throws {
    let pattern = try Pattern(source)
    for text in matching { #expect(isMatch(pattern, text) == true, "\(text.debugDescription)") }
    for text in others { #expect(isMatch(pattern, text) == false, "\(text.debugDescription)") }
  }

  @Test(
    arguments: [
      "(", ")", "a)", "(a", "[a", "[b-a]", "*a", "a**", "+", "?", "a{2,1}", "^*", "\\b+", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?i)a",
      "\\1", "(a)\\1", "\\k<n>", "\\",
      "\\y", "\\xZ1", "\\u12", "\\u{110000}", "\\u{}", "\\c1", "\\p{Script=Greek}", "\\pL", "\\p{L", "a{999999}", "((a{100}){100}){100}",
      "(?<n", "[\\d-z",
      "((((a{9}){9}){9}){9}){9}", String(repeating: "(", count: 10_000), "(){2,1}", "a{1}{2}", "{3}", "(|{1,})",
    ])
  func `a pattern that is wrong or cannot be matched in linear time is refused`(source: String) {
    #expect(throws: PatternError.self) { try Pattern(source) }
  }

  @Test func `patterns that make other matchers explode take steady work`() throws {
    let text = String(repeating: "a", count: 20_000) + "!"
    for source in ["^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "^([a-zA-Z]+)*$", "(.*)(.*)(.*)(.*)x", "^((a*)*)*$", "(){100000}"] {
      let pattern = try Pattern(source)
      var steps = 2_000_000
      #expect(pattern.matches(text, steps: &steps) == (source == "(){100000}"))
    }
  }

  @Test func `work beyond the budget is given up`() throws {
    let pattern = try Pattern("^(a{0,1000}){3}$")
    var steps = 10_000
    #expect(pattern.matches(String(repeating: "a", count: 5_000), steps: &steps) == nil)
    #expect(steps <= 0)
  }

  private func isMatch(_ pattern: Pattern, _ text: String) -> Bool? {
    var steps = 1_000_000
    return pattern.matches(text, steps: &steps)
  }
}
