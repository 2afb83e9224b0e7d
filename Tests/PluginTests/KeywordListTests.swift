import Foundation
import JSON
import PluginABI
import PluginTesting
import Synchronization
import Testing

/// Lists of `custom_keyword`: regular expressions, actions, files.
@Suite struct KeywordListTests {
  private func instance(_ lists: JSONValue, more: JSONObject = [:]) throws -> TestInstance {
    var document = more
    document["lists"] = lists
    return try KeywordGuardrailTests.instance(config: JSONValue.object(document).serializedString())
  }

  // MARK: Expressions

  @Test(arguments: [
    (#"proj-\d{4}"#, "see PROJ-1234 now", 4, 13), (#"(?i)alpha\s+beta"#, "alpha \n beta", 0, 12), (#"^drop"#, "drop it", 0, 4),
    (#"[а-я]{3}"#, "x ДОМ y", 2, 8),
  ])
  func `an expression blocks with its place`(pattern: String, text: String, start: Int, end: Int) throws {
    let found = try instance([["name": "codes", "patterns": [.string(pattern)]]]).check(["nothing", text])
    #expect(found.action == SMG_BLOCK)
    let violation = try #require(found.violations.first)
    #expect(found.violations.count == 1)
    #expect((violation.segment, Int(violation.start), Int(violation.end)) == (1, start, end))
    #expect((violation.category, violation.code) == ("keyword_detector", "pattern"))
    #expect(violation.message == "Blocked pattern of list codes matched", "the pattern is the operator's")
    #expect(violation.evidence.contains(#""list":"codes""#))
  }

  @Test(arguments: [
    "ｐｒｏｊ-１２３４", "p\u{200B}roj-1234", "prój-1234", "𝓹𝓻𝓸𝓳-1234", "PROJ-\u{00AD}1234", "proj-1\u{0301}234", "한국 proj-1234",
  ])
  func `a disguise does not help against an expression`(text: String) throws {
    let instance = try instance([["patterns": [#"proj-\d{4}"#], "action": "redact"]])
    let found = try instance.check(["before  \(text)\u{00A0}after"])
    #expect(found.action == SMG_TRANSFORM)
    let kept = text.hasPrefix("한국") ? "한국 " : ""
    #expect(found.replacements.map(\.text) == ["before  \(kept)[REDACTED]\u{00A0}after"], "and nothing but it is taken out")
  }

  @Test func `letters count as they are written where that is asked for`() throws {
    let instance = try instance([["patterns": ["Abc"], "case_sensitive": true]])
    #expect(try instance.check(["abc ABC"]).action == SMG_ALLOW)
    #expect(try instance.check(["xAbc"]).action == SMG_BLOCK)
    #expect(try instance.check(["Ａｂｃ"]).action == SMG_BLOCK)
  }

  @Test func `expressions that explode elsewhere take time in proportion`() throws {
    let instance = try instance([["patterns": ["(a+)+b", "(x|x|x)*y", "(.*)(.*)(.*)(.*)z$"]]])
    let begun = ContinuousClock.now
    for letter in ["a", "x", "."] { #expect(try instance.check([String(repeating: letter, count: 200_000)]).action == SMG_ALLOW) }
    let elapsed = ContinuousClock.now - begun
    #expect(elapsed < .seconds(20), "backtracking would not end in a lifetime")
  }

  @Test func `many expressions are told apart`() throws {
    let patterns = (0..<200).map { JSONValue.string("word\($0)[xyz]+end") }
    let found = try instance([["patterns": .array(patterns)]]).check(["word7xend and word150zzend"])
    #expect(found.violations.map(\.start) == [0, 14])
  }

  @Test(arguments: [
    (#"{"lists":[{"patterns":["ok","(unclosed"]}]}"#, "lists[0].patterns[1]: missing"),
    (#"{"lists":[{"patterns":["a*"]}]}"#, "lists[0].patterns[0]: the expression matches the empty text"),
    (#"{"lists":[{"patterns":["(a)\\1"]}]}"#, "lists[0].patterns[0]: invalid escape sequence"),
    (#"{"lists":[{"patterns":["((a{100}){100}){100}"]}]}"#, "lists[0].patterns[0]: "),
    (#"{"lists":[{"patterns":[]}]}"#, "lists[0].patterns: an array of 1 to 256"),
    (#"{"lists":[{"patterns":[7]}]}"#, "lists[0].patterns[0]: a string is expected"),
    (#"{"lists":[{}]}"#, "lists[0]: one of keywords, patterns and file is needed"),
    (#"{"lists":[{"keywords":["a"],"action":"shout"}]}"#, "lists[0].action: block, redact or flag"),
    (#"{"lists":[{"keywords":["a"],"colour":"red"}]}"#, "lists[0].colour: there is no such option"),
    (#"{"lists":[{"keywords":["a"],"name":"x"},{"keywords":["b"],"name":"x"}]}"#, "lists: two of them have the same name"),
    (#"{"lists":[{"keywords":["a","\u200b"]}]}"#, "lists[0].keywords[1]: nothing is left of it"),
    (#"{"lists":[{"file":"words.txt"}]}"#, "lists[0].file: an absolute path"),
    (#"{"lists":[{"file":"/no/such/file"}]}"#, "/no/such/file: No such file"),
    (#"{"lists":[{"file":"/dev/null"}]}"#, "/dev/null: not a regular file"),
    (#"{"lists":[]}"#, "lists: an array of 1 to 32"), ("{}", "blocked_keywords or lists is needed"),
  ])
  func `a wrong list is refused with its place`(config: String, words: String) throws {
    let refused = #expect(throws: CreateRefused.self) { try KeywordGuardrailTests.instance(config: config) }
    #expect(refused?.message.contains(words) == true, "\(refused?.message ?? "")")
  }

  // MARK: Actions

  @Test func `words are taken out where a list says so`() throws {
    let lists: JSONValue = [
      ["name": "names", "keywords": ["Nightfall", "night fall"], "action": "redact", "replacement": "<project>"],
      ["name": "ids", "patterns": [#"\bID-\d+"#], "action": "redact"],
    ]
    let found = try instance(lists).check(["nothing", "NIGHTFALL, night  fall and ID-42x ID-7", "ｎｉｇｈｔｆａｌｌ"])
    #expect(found.action == SMG_TRANSFORM)
    #expect(found.replacements.map(\.segment) == [1, 2])
    #expect(found.replacements.map(\.text) == ["<project>, <project> and [REDACTED]x [REDACTED]", "<project>"])
    #expect(found.violations.count == 5)
  }

  @Test func `what overlaps goes together`() throws {
    let lists: JSONValue = [
      ["name": "a", "keywords": ["abc", "bcd"], "action": "redact", "replacement": "A"],
      ["name": "b", "patterns": ["cde"], "action": "redact", "replacement": "B"],
    ]
    #expect(try instance(lists).check(["xabcdey abc"]).replacements.map(\.text) == ["xAy A"])
  }

  @Test func `a block counts before everything else`() throws {
    let lists: JSONValue = [
      ["name": "soft", "keywords": ["one"], "action": "redact"], ["name": "told", "keywords": ["two"], "action": "flag"],
      ["name": "hard", "keywords": ["three"]],
    ]
    let instance = try instance(lists)
    let blocked = try instance.check(["one two", "one three"])
    #expect(blocked.action == SMG_BLOCK)
    #expect(blocked.violations.map(\.message) == ["Blocked keyword detected: three"])
    #expect(blocked.replacements.isEmpty)
    let flagged = try instance.check(["two"])
    #expect(flagged.action == SMG_ALLOW)
    #expect(flagged.violations.map(\.message) == ["A keyword was found"])
    let metrics = instance.host.state.withLock { $0.metrics }
    #expect(metrics.map(\.name) == ["keyword_guardrail.findings"] && metrics.first?.labels == ["list": "told", "action": "flag"])
  }

  @Test func `a flood of harmless findings does not hide a block`() throws {
    let lists: JSONValue = [
      ["name": "told", "keywords": ["a"], "patterns": ["b"], "action": "flag"], ["name": "soft", "keywords": ["c"], "action": "redact"],
      ["name": "hard", "keywords": ["secret"]],
    ]
    let flood = String(repeating: "abc ", count: 20_000)
    #expect(try instance(lists).check([flood, flood + "secret"]).action == SMG_BLOCK)
  }

  @Test func `of a text with too many words to take out nothing is left`() throws {
    let instance = try instance([["patterns": ["x"], "action": "redact"]])
    #expect(try instance.check([String(repeating: "x-", count: 3000)]).replacements.map(\.text.count) == [3000 * 11])
    #expect(try instance.check([String(repeating: "x-", count: 300_000)]).replacements.map(\.text) == ["[REDACTED]"])
  }

  @Test func `what cannot be rewritten does not pass`() throws {
    let instance = try instance([["keywords": ["secret", "42"], "action": "redact"]])
    #expect(try instance.check(["secret"], flags: [SMG_SEG_KEY]).action == SMG_BLOCK)
    #expect(try instance.check(["1427"], flags: [SMG_SEG_NUMBER]).replacements.map(\.text) == ["1[REDACTED]7"])
    for phase in [SMG_PHASE_TOOL, SMG_PHASE_SERVER] {
      let found = try instance.check(["secret"], phase: phase)
      #expect(found.action == SMG_ALLOW && found.violations.count == 1, "a definition is told of")
    }
  }

  @Test func `the keywords of the first form go together with lists`() throws {
    let instance = try instance([["keywords": ["two"], "action": "flag"]], more: ["blocked_keywords": ["One"], "case_sensitive": true])
    #expect(try instance.check(["One two"]).action == SMG_BLOCK)
    #expect(try instance.check(["one two"]).violations.count == 1)
    #expect(try instance.check(["one TWO"]).violations.isEmpty, "a list reads as the first form says, unless it says otherwise")
  }

  // MARK: Files

  /// A file of its own.
  private final class Words {
    let path = NSTemporaryDirectory() + "keywords-\(UUID().uuidString)"
    init(_ text: String) throws { try write(text) }
    deinit { do { try FileManager.default.removeItem(atPath: path) } catch {} }
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic) }
  }

  /// Lets the time pass after which files are looked at.
  private func look(_ instance: TestInstance) {
    for id in instance.host.state.withLock({ Array($0.timers.keys) }) { instance.host.fire(id, SMG_OK) }
  }

  private func logs(_ instance: TestInstance) -> [String] {
    instance.host.state.withLock { $0.logs.map { "\($0.message): \($0.fields["reason"] ?? "")" } }
  }

  @Test func `a file's words count, and its changes as soon as it is looked at`() throws {
    let words = try Words("# comment\n  first \r\n\n second word\n")
    let instance = try instance([["file": .string(words.path)]])
    #expect(try instance.check(["the first"]).action == SMG_BLOCK)
    #expect(try instance.check(["Second  Word"]).action == SMG_BLOCK)
    #expect(try instance.check(["comment third"]).action == SMG_ALLOW)
    try words.write("third\n")
    look(instance)
    #expect(try instance.check(["third"]).action == SMG_BLOCK)
    #expect(try instance.check(["the first"]).action == SMG_ALLOW)
    look(instance)
    #expect(logs(instance) == ["Lists of keywords were read again: "], "what did not change is not read again")
  }

  @Test(arguments: ["\u{200B}\n", String(repeating: "x", count: 600), "\0not UTF-8"])
  func `a file that is wrong changes nothing, and is told of once`(text: String) throws {
    let words = try Words("first\n")
    let instance = try instance([["file": .string(words.path)]])
    #expect(try instance.check(["first"]).action == SMG_BLOCK)
    let bytes = text.hasPrefix("\0") ? [0xFF, 0xFE, 0x0A] : Array("second\n\(text)".utf8)
    try Data(bytes).write(to: URL(fileURLWithPath: words.path), options: .atomic)
    for _ in 0..<3 { look(instance) }
    #expect(try instance.check(["first"]).action == SMG_BLOCK)
    #expect(try instance.check(["second"]).action == SMG_ALLOW, "nothing of it counts")
    #expect(logs(instance).count == 1)
    #expect(logs(instance).first?.hasPrefix("A file of keywords cannot be used; the lists in use go on: ") == true)
    try words.write("second\n")
    look(instance)
    #expect(try instance.check(["second"]).action == SMG_BLOCK)
  }

  @Test func `a file that is gone changes nothing`() throws {
    let words = try Words("first\n")
    let instance = try instance([["file": .string(words.path)]])
    #expect(try instance.check(["first"]).action == SMG_BLOCK)
    try FileManager.default.removeItem(atPath: words.path)
    look(instance)
    #expect(try instance.check(["first"]).action == SMG_BLOCK)
    #expect(logs(instance).first?.contains("No such file") == true)
    try words.write("first\nsecond\n")
    look(instance)
    #expect(try instance.check(["second"]).action == SMG_BLOCK)
  }

  @Test func `an empty file is an empty list`() throws {
    let words = try Words("# nothing yet\n")
    let instance = try instance([["file": .string(words.path)]])
    #expect(try instance.check(["anything"]).action == SMG_ALLOW)
  }
}
