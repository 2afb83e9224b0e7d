import Testing

@testable import JSON

/// RFC 8259, text by text. `accepted` and `refused` are compared with what the RFC says, not with another parser.
@Suite struct GrammarTests {
  @Test(
    arguments: [
      "null", "true", "false", "0", "-0", "1", "-1", "10", "0.5", "-0.5", "1e5", "1E5", "1e+5", "1e-5", "0e0", "0.0e-0", "1.25E+10",
      "123456789012345678901234567890", "1e999999999", "\"\"", "\"a\"", "[]", "{}", "[[]]", "[{}]", "{\"a\":[]}", "[1,2,3]", "[ 1 , 2 ]",
      "{ \"a\" : 1 }",
      " \t\r\n1 \t\r\n", "{\"\":0}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"A\":2}", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]",
      #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9\u20AC\ud83d\ude00""#, #""\ud800""#, #""\udc00\ud800""#, #""\u0000""#, "\"é€😀\"", "\"\u{7F}\"",
      "\"\u{10FFFF}\"", "\"\u{FEFF}\"", "\"\u{2028}\"", "\"1234567\"", "\"12345678\"", "\"123456789012345\"", "{\"é\":1,\"e\u{301}\":2}",
      #"{"\ud800":1,"\ud801":2,"\ufffd":3}"#,
    ])
  func `well-formed text is accepted and kept byte for byte`(text: String) throws {
    let json = try RawJSON(validating: Array(text.utf8))
    let trimmed = text.utf8.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    #expect(trimmed.starts(with: json.bytes))
    #expect(trimmed.dropFirst(json.bytes.count).allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) })
  }

  @Test(
    arguments: [
      ("", .empty, 0), ("   ", .empty, 3), ("nul", .unexpectedEnd, 3), ("nulL", .badLiteral, 0), ("True", .unexpectedByte, 0),
      ("NaN", .unexpectedByte, 0),
      ("Infinity", .unexpectedByte, 0), ("-Infinity", .badNumber, 1), ("01", .badNumber, 1), ("-01", .badNumber, 2),
      ("+1", .unexpectedByte, 0),
      ("1.", .unexpectedEnd, 2), (".5", .unexpectedByte, 0), ("1.e5", .badNumber, 2), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3),
      ("-", .unexpectedEnd, 1), ("- 1", .badNumber, 1), ("0x10", .trailingText, 1), ("1 2", .trailingText, 2), ("1,", .trailingText, 1),
      ("1]", .trailingText, 1),
      ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3), ("[1", .unexpectedEnd, 2),
      ("[", .unexpectedEnd, 1),
      ("]", .unexpectedByte, 0), ("[}", .unexpectedByte, 1), ("{]", .unexpectedByte, 1), ("[1}", .unexpectedByte, 2),
      ("{\"a\":1]", .unexpectedByte, 6),
      ("{\"a\":1,}", .unexpectedByte, 7), ("{,}", .unexpectedByte, 1), ("{\"a\"}", .unexpectedByte, 4), ("{\"a\":}", .unexpectedByte, 5),
      ("{\"a\" 1}", .unexpectedByte, 5), ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1),
      ("'a'", .unexpectedByte, 0), ("\"a", .unexpectedEnd, 2), ("\"\\", .unexpectedEnd, 2), ("\"\\\"", .unexpectedEnd, 3),
      ("\"\\x41\"", .badEscape, 1),
      ("\"\\u12\"", .badEscape, 1), ("\"\\u12", .unexpectedEnd, 5), ("\"\\u12G4\"", .badEscape, 1), ("\"\\U0041\"", .badEscape, 1),
      ("\"\u{1}\"", .controlCharacter, 1), ("\"a\nb\"", .controlCharacter, 2), ("\"12345678\t\"", .controlCharacter, 9),
      ("\"\u{0}\"", .controlCharacter, 1),
      ("\u{FEFF}1", .byteOrderMark, 0), ("// c\n1", .unexpectedByte, 0), ("[1/**/]", .unexpectedByte, 2), ("\u{A0}1", .unexpectedByte, 0),
      ("\u{C}1", .unexpectedByte, 0),
      ("\u{0}", .unexpectedByte, 0), ("1\u{0}", .trailingText, 1), ("{\"a\":1 \"b\":2}", .unexpectedByte, 7),
      ("[\"a\":1]", .unexpectedByte, 4),
    ] as [(String, JSONError.Reason, Int)])
  func `malformed text is refused with its reason and place`(text: String, reason: JSONError.Reason, offset: Int) {
    #expect(throws: JSONError(reason, at: offset)) { try RawJSON(validating: Array(text.utf8)) }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
      [0xE2, 0x41, 0x80],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]])
  func `malformed UTF-8 is refused wherever it stands in a word`(sequence: [UInt8]) {
    for length in 0..<18 {
      let text = [0x22] + [UInt8](repeating: 0x61, count: length) + sequence + [0x22]
      #expect(throws: JSONError(.badUTF8, at: length + 1)) { try RawJSON(validating: text) }
      let name = [0x7B] + text + Array(":1}".utf8)
      #expect(throws: JSONError(.badUTF8, at: length + 2)) { try RawJSON(validating: name) }
    }
  }

  @Test func `code points from every plane are accepted, raw and escaped`() throws {
    for value in UInt32(0x20)...0x10FFFF where value < 0x900 || value & 0xFF < 2 || value % 17 == 0 {
      guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
      let raw = "\"\(scalar)\""
      let units = Character(scalar).utf16.map { unit in "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst() }
      for text in [raw, "\"" + units.joined() + "\""] {
        let decoded = try parse(text).decodedUTF8
        if decoded != Array(String(scalar).utf8) { Issue.record("U+\(String(value, radix: 16))") }
      }
    }
  }

  @Test func `a text cut off anywhere is refused`() throws {
    let sample = Array(#" {"id":1,"é\u00e9":[true,false,null,-1.5e+10,"a\"\\\u20ac😀"],"o":{"x":{}}} "#.utf8)
    _ = try RawJSON(validating: sample)
    let complete = sample.count - 1
    for length in 0..<complete {
      #expect(throws: JSONError.self, "cut at \(length)") { try RawJSON(validating: Array(sample.prefix(length))) }
    }
  }

  @Test func `depth is bounded exactly, and at the deepest all that recurses still works`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[{\"a\":", count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)).utf8)
    }
    let limits = JSONLimits(maxDepth: 1000)
    #expect(limits.maxDepth == JSONLimits.deepest)
    for depth in [2, 128] {
      #expect(throws: Never.self) { try RawJSON(validating: nested(depth), limits: JSONLimits(maxDepth: depth)) }
      #expect(throws: JSONError(.tooDeep, at: depth / 2 * 6 - 5)) {
        try RawJSON(validating: nested(depth), limits: JSONLimits(maxDepth: depth - 1))
      }
    }
    let deepest = try RawJSON(validating: nested(JSONLimits.deepest), limits: limits)
    let tree = deepest.value
    #expect(tree.serialized() == Array(deepest.bytes))
    #expect(tree == deepest.value)
    #expect(!tree.serialized(pretty: true).isEmpty)
    var texts = 0
    deepest.forEachText(base: "") { _ in texts += 1 }
    #expect(texts == JSONLimits.deepest / 2 + 1)
    #expect(throws: JSONError.self) { try RawJSON(validating: [UInt8](repeating: 0x5B, count: 1_000_000)) }
  }

  @Test func `size is bounded`() {
    #expect(throws: JSONError(.tooLarge, at: 4)) { try RawJSON(validating: Array("12345".utf8), limits: JSONLimits(maxBytes: 4)) }
    #expect(throws: Never.self) { try RawJSON(validating: Array("1234".utf8), limits: JSONLimits(maxBytes: 4)) }
  }

  @Test func `an error knows its line and column`() throws {
    let text = Array("{\n  \"é\": x}".utf8)
    let error = try #require(throws: JSONError.self) { try RawJSON(validating: text) }
    #expect(error.lineAndColumn(in: text) == (2, 8))
    #expect(error.description == "unexpected character at byte 10")
  }
}
