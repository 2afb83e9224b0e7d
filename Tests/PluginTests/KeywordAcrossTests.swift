import JSON
import PluginABI
import PluginTesting
import Testing

/// A keyword that is spread over several texts of a message is found where it ends.
@Suite struct KeywordAcrossTests {
  private static func found(_ instance: TestInstance, _ texts: [String], _ flags: [UInt32] = []) throws -> [String] {
    let found = try instance.check(texts, flags: flags)
    #expect((found.action == SMG_BLOCK) == !found.violations.isEmpty)
    return found.violations.map { "\($0.segment):\($0.start)-\($0.end)" }
  }

  @Test func `it is told with the place where it ends`() throws {
    let instance = try KeywordGuardrailTests.instance(["nightfall"])
    #expect(try Self.found(instance, ["so: night", "fall it is"]) == ["1:0-4"])
    #expect(try Self.found(instance, ["n", "ig", "htf", "all"]) == ["3:0-3"])
    #expect(try Self.found(instance, ["NIGHT\u{200B}", "", "\u{2060}ｆａ", "l\u{0301}l!"]) == ["3:0-4"])
    #expect(try Self.found(instance, ["night", "falls", "night", "fall"]) == ["1:0-4", "3:0-4"])
    #expect(try Self.found(instance, ["night", " fall"]) == [])
    #expect(try Self.found(instance, ["fall", "night"]) == [])
    #expect(try Self.found(instance, ["nightfal", "nightfall"]) == ["1:0-9"])
  }

  @Test func `names may stand between its parts, or be parts`() throws {
    let instance = try KeywordGuardrailTests.instance(["nightfall"])
    let name = SMG_SEG_KEY
    #expect(try Self.found(instance, ["a", "night", "b", "fall"], [name, 0, name, 0]) == ["3:0-4"])
    #expect(try Self.found(instance, ["night", "fall"], [name, 0]) == ["1:0-4"])
    #expect(try Self.found(instance, ["night", "fall"], [0, name]) == ["1:0-4"])
  }

  @Test func `numbers and what escapes hide are no parts of it, and do not part it`() throws {
    let instance = try KeywordGuardrailTests.instance(["nightfall", "4711"])
    #expect(try Self.found(instance, ["night", "7", "fall"], [0, SMG_SEG_NUMBER, 0]) == ["2:0-4"])
    #expect(try Self.found(instance, ["night", "x", "fall"], [0, SMG_SEG_NESTED, 0]) == ["2:0-4"])
    #expect(try Self.found(instance, ["47", "11"], [SMG_SEG_NUMBER, SMG_SEG_NUMBER]) == [])
    #expect(try Self.found(instance, ["47", "11"]) == ["1:0-2"])
  }

  @Test func `a whole word is one when nothing goes on after it`() throws {
    let instance = try KeywordGuardrailTests.instance(["nightfall"], wholeWord: true)
    #expect(try Self.found(instance, ["night", "fall."]) == ["1:0-4"])
    #expect(try Self.found(instance, ["night", "falls"]) == [])
  }

  @Test func `what would be taken out blocks, what is flagged is flagged`() throws {
    let list: (String) -> String = { #"{"lists":[{"keywords":["nightfall"],"action":"\#($0)"}]}"# }
    let redacting = try KeywordGuardrailTests.instance(config: list("redact"))
    #expect(try redacting.check(["nightfall"]).action == SMG_TRANSFORM)
    #expect(try redacting.check(["night", "fall"]).action == SMG_BLOCK)
    let flagging = try KeywordGuardrailTests.instance(config: list("flag"))
    let found = try flagging.check(["night", "fall"])
    #expect(found.action == SMG_ALLOW && found.violations.count == 1)
  }

  /// Random texts cut at random places: the parts are judged like the whole.
  @Test(arguments: 0..<80)
  func `cutting a text hides nothing and adds nothing`(seed: Int) throws {
    var random = SeededGenerator(seed: seed)
    let letters = ["a", "b", "C", "ａ", "ⓑ", "ﬀ", "\u{200B}", "\u{0301}", " ", "\t", "ж", "🅰", "d"]
    let small = ["a", "b", "c", "f", " ", "ж", "d"]
    func text(_ pieces: [String], _ length: Int) -> String { (0..<length).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() }
    let keywords = Set((0..<Int.random(in: 1...6, using: &random)).map { _ in text(small, Int.random(in: 2...7, using: &random)) })
      .filter { $0.contains { $0 != " " } }
    guard !keywords.isEmpty else { return }
    let instance = try KeywordGuardrailTests.instance(keywords.sorted())
    for _ in 0..<40 {
      let whole = text(letters, Int.random(in: 0...24, using: &random))
      var parts: [String] = [""]
      for scalar in whole.unicodeScalars {
        if Int.random(in: 0..<4, using: &random) == 0 { parts.append("") }
        parts[parts.count - 1].unicodeScalars.append(scalar)
      }
      #expect(
        try instance.check(parts).action == instance.check([whole]).action, "keywords \(keywords.sorted()), parts \(parts)")
    }
  }

  @Test func `many short texts and long keywords are read in time`() throws {
    let keyword = String(repeating: "ab", count: 256)
    let instance = try KeywordGuardrailTests.instance([keyword, "ba"])
    #expect(try instance.check([String](repeating: "a", count: 20_000)).action == SMG_ALLOW)
    let parts = [String](repeating: "a", count: 10_000) + ["b"]
    #expect(try instance.check(parts).action == SMG_ALLOW)
    let long = String(repeating: "a\u{200B}", count: 200_000)
    #expect(try instance.check(["ab", long, long]).action == SMG_BLOCK)
  }
}
