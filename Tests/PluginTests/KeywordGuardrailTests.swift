import JSON
import PluginABI
import PluginTesting
import Testing

@Suite struct KeywordGuardrailTests {
  static func config(_ keywords: [String], caseSensitive: Bool = false, wholeWord: Bool = false) -> String {
    let list: JSONValue = .array(keywords.map { .string($0) })
    let document: JSONValue = .object([
      "blocked_keywords": list, "case_sensitive": .bool(caseSensitive), "whole_word": .bool(wholeWord),
    ])
    return document.serializedString()
  }

  static func instance(_ keywords: [String], caseSensitive: Bool = false, wholeWord: Bool = false) throws -> TestInstance {
    try instance(config: config(keywords, caseSensitive: caseSensitive, wholeWord: wholeWord))
  }

  static func instance(config: String) throws -> TestInstance {
    try TestInstance(BuiltLibrary(name: "KeywordGuardrail").open(), "custom_keyword", config: config, host: FakeHost(expects: .verdict))
  }

  @Test func `a keyword is blocked with its place, its name and its words`() throws {
    let found = try Self.instance(["drop table", "secret"]).check(["nothing here", "it is Secret, you know"])
    #expect(found.action == SMG_BLOCK)
    let violation = try #require(found.violations.first)
    #expect(found.violations.count == 1)
    #expect(violation.category == "keyword_detector")
    #expect(violation.code == "keyword")
    #expect(violation.message == "Blocked keyword detected: secret")
    #expect(violation.score == 1)
    #expect((violation.segment, violation.start, violation.end) == (1, 6, 12))
    #expect(violation.evidence == #"{"keyword":"secret","path":"/params/arguments/1","matched":"Secret"}"#)
  }

  @Test(arguments: [SMG_PHASE_INPUT, SMG_PHASE_OUTPUT, SMG_PHASE_TOOL, SMG_PHASE_SERVER])
  func `every phase is judged`(phase: UInt32) throws {
    let instance = try Self.instance(["secret"])
    #expect(instance.vtable(smg_guardrail.self).phases & phase != 0)
    #expect(try instance.check(["a secret"], phase: phase).action == SMG_BLOCK)
    #expect(try instance.check(["nothing"], phase: phase).action == SMG_ALLOW)
  }

  @Test func `member names and numbers are judged, binary is not`() throws {
    let instance = try Self.instance(["secret", "4711"])
    #expect(try instance.check(["secret"], flags: [SMG_SEG_KEY]).action == SMG_BLOCK)
    #expect(try instance.check(["147110"], flags: [SMG_SEG_NUMBER]).action == SMG_BLOCK)
    #expect(try instance.check(["secret"], flags: [SMG_SEG_BINARY]).action == SMG_ALLOW)
  }

  @Test func `nothing at all is allowed`() throws {
    let instance = try Self.instance(["secret"])
    #expect(try instance.check([String]()).action == SMG_ALLOW)
    #expect(try instance.check([""]).action == SMG_ALLOW)
  }

  /// Disguises of "Secret key", and what else must fold.
  static let disguises: [(keyword: String, text: String)] = [
    ("secret key", "SECRET KEY"), ("secret key", "ｓｅｃｒｅｔ　ｋｅｙ"), ("secret key", "s\u{200B}e\u{200D}c\u{2060}r\u{FEFF}e\u{00AD}t key"),
    ("secret key", "s̶e̶c̶r̶e̶t̶ k̶e̶y̶"), ("secret key", "śéçŕèť kêÿ"), ("secret key", "𝓼𝓮𝓬𝓻𝓮𝓽 𝕜𝕖𝕪"), ("secret key", "ⓢⓔⓒⓡⓔⓣ ⓀⒺⓎ"),
    ("secret key", "🅢🅔🅒🅡🅔🅣 🅺🅴🆈"), ("secret key", "🇸🇪🇨🇷🇪🇹 key"), ("secret key", "secret\u{00A0}\u{2003}\t\n key"),
    ("secret key", "se\u{202E}cret key"),
    ("secret key", "s\u{FE0F}ecret\u{E0001}\u{E0073} key"), ("secret key", "sec\u{0000}ret\u{0007} k\u{7F}ey"),
    ("secret key", "ſecret \u{212A}ey"),
    ("secret key", "ˢᵉᶜʳᵉᵗ ᵏᵉʸ"), ("secret key", "secret\u{2800}key"), ("office", "oﬃce"), ("straße", "STRASSE"), ("strasse", "Straße"),
    ("kill", "kıll"), ("istanbul", "İSTANBUL"), ("привет", "ПРИВЕТ"), ("ёлка", "Елка"), ("한국", "한국"), ("한국", "ᄒ\u{200B}\u{1161}ᆫ국"),
    ("καλός", "ΚΑΛΌΣ"),
    ("c++", "Ｃ＋＋"), ("1st", "①st"), ("ﷺ", "صلى الله عليه وسلم"), ("東京", "東\u{200D}京"), ("車", "\u{F902}"), (".env", "․env"),
    ("a b", "A \u{200B} B"),
  ]

  @Test(arguments: disguises)
  func `a disguise does not help`(keyword: String, text: String) throws {
    let instance = try Self.instance([keyword])
    let inside = "before \(text) after"
    for whole in [text, inside, String(repeating: "x", count: 5000) + text + String(repeating: "ж", count: 5000)] {
      let found = try instance.check([whole])
      #expect(found.action == SMG_BLOCK)
      #expect(found.violations.first?.message == "Blocked keyword detected: \(keyword)")
    }
    let violation = try #require(instance.check([inside]).violations.first)
    let hit = Array(inside.utf8)[Int(violation.start)..<Int(violation.end)]
    #expect(violation.start == 7)
    #expect(text.utf8.starts(with: hit))
    #expect(text.utf8.count - hit.count <= 2)
  }

  @Test func `without need the letter case stays, and the rest folds all the same`() throws {
    let instance = try Self.instance(["Secret"], caseSensitive: true)
    #expect(try instance.check(["secret SECRET"]).action == SMG_ALLOW)
    for text in ["Secret", "Ｓｅｃｒｅｔ", "S\u{200B}écret", "Ⓢⓔⓒⓡⓔⓣ"] { #expect(try instance.check([text]).action == SMG_BLOCK) }
  }

  static let words: [(keyword: String, text: String, isHit: Bool)] = [
    ("class", "classic", false), ("class", "subclass", false), ("class", "class", true), ("class", "(class)", true),
    ("class", "a class.", true),
    ("class", "class_a", false), ("class", "class2", false), ("class", "cla\u{200B}ss", true), ("class", "class\u{200B}ic", false),
    ("class", "sub\u{200B}class", false), ("class", "subclass classic class", true), ("class", "éclass", false),
    ("class", "класclass", false),
    (".env", "x.env", true), (".env", ".envy", false), ("rm -rf", "rm  -rf /", true), ("rm -rf", "farm -rf", false), ("fi", "ﬁ", true),
    ("f", "ﬁ", false), ("i", "ﬁ", false), ("f", "ﬁ f", true), ("c++", "c++11", true),
    ("class", String(repeating: "classic ", count: 700), false),
    ("class", String(repeating: "classic ", count: 700) + "class", true), ("東京", "東京都", false), ("class", "ｃｌａｓｓｉｃ", false),
  ]

  @Test(arguments: words)
  func `a whole word has no word around it`(keyword: String, text: String, isHit: Bool) throws {
    #expect(try (Self.instance([keyword], wholeWord: true).check([text]).action == SMG_BLOCK) == isHit)
  }

  @Test func `keywords inside keywords are all found`() throws {
    let found = try Self.instance(["he", "she", "hers", "his"]).check(["ushers"])
    let places = found.violations.map { "\($0.message.split(separator: " ").last ?? "") \($0.start)-\($0.end)" }
    #expect(places == ["she 1-4", "he 2-4", "hers 2-6"])
  }

  @Test func `no more than 64 violations are told`() throws {
    let found = try Self.instance(["a", "b"]).check([String(repeating: "ab", count: 5000), "a"])
    #expect(found.action == SMG_BLOCK)
    #expect(found.violations.count == 64)
  }

  @Test func `the evidence quotes a bounded part, cut between characters`() throws {
    let found = try Self.instance(["ab"]).check(["a" + String(repeating: "\u{200B}", count: 20_000) + "b"])
    let violation = try #require(found.violations.first)
    #expect((violation.start, violation.end) == (0, 60_002))
    #expect(violation.evidence.utf8.count < 300)
    #expect(!violation.evidence.contains("\u{FFFD}"))
  }

  static let refused: [(config: String, message: String)] = [
    ("{}", "blocked_keywords or lists is needed"), (#"{"blocked_keywords": []}"#, "an array of 1 to 50000 strings"),
    (#"{"blocked_keywords": [1]}"#, "blocked_keywords[0]: a string"),
    (#"{"blocked_keywords": ["ok", ""]}"#, "blocked_keywords[1]: 1 to 512"),
    (#"{"blocked_keywords": ["ok", "\u200b\u0301"]}"#, "blocked_keywords[1]: nothing is left"),
    (#"{"blocked_keywords": ["ok"], "case_sensitive": "no"}"#, "case_sensitive: true or false"),
    (#"{"blocked_keywords": ["ok"], "whole_word": 1}"#, "whole_word: true or false"), ("[]", "not a JSON object"),
  ]

  @Test(arguments: refused)
  func `a bad configuration is refused with its member`(config: String, message: String) throws {
    let error = #expect(throws: CreateRefused.self) { try Self.instance(config: config) }
    #expect(error?.status == SMG_E_INVALID)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    [UInt8]([0xFF, 0xFE]), [0xC2], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xF5, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80, 0x80],
    [0xED, 0xA0, 0x80],
  ])
  func `bytes that are not UTF-8 harm nothing`(bytes: [UInt8]) throws {
    let instance = try Self.instance(["secret"])
    let filler = [UInt8](repeating: 0x78, count: 300)
    for text in [bytes, bytes + Array("secret".utf8), Array("secret".utf8) + bytes, filler + bytes + filler, filler + bytes] {
      let verdict = try instance.found(instance.completion(of: instance.startCheck([text])))
      #expect(verdict.action == (text.count == bytes.count + 6 ? SMG_BLOCK : SMG_ALLOW))
    }
  }

  @Test func `a keyword is found wherever it lies in a long text`() throws {
    let long = String((0..<500).map { "abcdefghij".randomCharacter($0) })
    let instance = try Self.instance(["needle", long])
    for keyword in ["needle", "NEED\u{200B}LE", long] {
      for offset in stride(from: 3000, through: 9000, by: 97) {
        let text = String(repeating: "neednee", count: 1500).utf8.prefix(offset) + Array(keyword.utf8) + Array(repeating: 0x6E, count: 700)
        let found = try instance.found(instance.completion(of: instance.startCheck([Array(text)])))
        #expect(found.violations.count == 1)
        #expect(found.violations.first.map { ($0.start, $0.end) } ?? (0, 0) == (UInt64(offset), UInt64(offset + keyword.utf8.count)))
      }
    }
  }

  @Test func `ten thousand keywords, in scripts of many characters too`() throws {
    let words = (0..<10_000).map { "word\($0)x" }
    #expect(try Self.instance(words).check(["a word9999x b", "word10000x"]).violations.map(\.segment) == [0])
    let ideographs = (0..<6000).compactMap { Unicode.Scalar(0x4E00 + UInt32($0) * 3) }.map { String(Character($0)) + "語" }
    let instance = try Self.instance(ideographs)
    #expect(try instance.check([String(repeating: "語", count: 2000) + ideographs[5999]]).action == SMG_BLOCK)
    #expect(try instance.check([String(repeating: "語", count: 2000)]).action == SMG_ALLOW)
  }
}

extension String {
  fileprivate func randomCharacter(_ index: Int) -> Character { self[self.index(startIndex, offsetBy: index * index % 7 + index % 3)] }
}
