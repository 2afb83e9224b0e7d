import JSON
import Testing

@testable import Host

@Suite struct ScreenedMessageTests {
  private func message(_ text: String, base: String = "/params/arguments") throws -> ScreenedMessage {
    ScreenedMessage(
      try RawJSON(validating: Array(text.utf8)), base: base, binary: base == "/result" ? BinaryContent(of: "tools/call") : nil)
  }

  private func apply(_ replacements: [(segment: Int, text: String)], to message: inout ScreenedMessage) -> Bool {
    message.apply(replacements)
  }

  @Test func `every string, member name and number is a segment, decoded, with its place`() throws {
    let segments = try message(#"{"a":"x\u0041","b/c":[1.50,{"d~":"y"}]}"#).segments
    #expect(segments.filter { $0.flags.contains(.key) }.map(\.text) == ["a", "b/c", "d~"])
    #expect(segments.filter { $0.flags.contains(.number) }.map(\.text) == ["1.50"])
    let strings = segments.filter { $0.flags.isEmpty }
    #expect(strings.map(\.text) == ["xA", "y"])
    #expect(strings.map(\.pointer) == ["/params/arguments/a", "/params/arguments/b~1c/1/d~0"])
  }

  @Test func `the place in a trace is no text, anything else under its name is`() throws {
    let place = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    func texts(_ text: String, base: String) throws -> [String] {
      try message(text, base: base).segments.filter { $0.flags.isEmpty }.map(\.text)
    }
    for base in ["/params", "/result"] {
      #expect(try texts(#"{"_meta":{"traceparent":"\#(place)"}}"#, base: base).isEmpty)
      #expect(try texts(#"{"a":{"_meta":{"traceparent":"\#(place)"}}}"#, base: base) == [place])
      for other in ["\(place)-x", "call 4111111111111111", place.replacing("b7-01", with: "b7-0x"), place.uppercased()] {
        #expect(try texts(#"{"_meta":{"traceparent":"\#(other)"}}"#, base: base) == [other])
      }
    }
    #expect(try texts(#"{"_meta":{"traceparent":"\#(place)"}}"#, base: "/params/arguments") == [place])
  }

  @Test func `replacements are escaped and leave the rest byte for byte`() throws {
    var message = try message(#"{"a": "secret",  "n": 1.0, "z":"keep\u0041"}"#)
    let index = try #require(message.segments.firstIndex { $0.text == "secret" })
    do {
      let isApplied = apply([(index, "a \"quote\"\n")], to: &message)
      #expect(isApplied)
    }
    #expect(String(decoding: message.raw.bytes, as: UTF8.self) == #"{"a": "a \"quote\"\n",  "n": 1.0, "z":"keep\u0041"}"#)
    #expect(message.segments.contains { $0.text == "a \"quote\"\n" })
  }

  @Test func `a number's replacement makes it a string`() throws {
    var message = try message(#"{"card":4111111111111111}"#)
    let index = try #require(message.segments.firstIndex { $0.flags.contains(.number) })
    do {
      let isApplied = apply([(index, "<CARD>")], to: &message)
      #expect(isApplied)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"card":"<CARD>"}"#.utf8))
  }

  @Test func `member names and unknown segments cannot be replaced`() throws {
    var message = try message(#"{"a":"b"}"#)
    let key = try #require(message.segments.firstIndex { $0.flags.contains(.key) })
    do {
      let isApplied = apply([(key, "x")], to: &message)
      #expect(!isApplied)
    }
    do {
      let isApplied = apply([(99, "x")], to: &message)
      #expect(!isApplied)
    }
    do {
      let isApplied = apply([(-1, "x")], to: &message)
      #expect(!isApplied)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"a":"b"}"#.utf8))
  }

  /// The first bytes of a PNG.
  private static let picture = "iVBORw0KGgoAAAAN"

  @Test(arguments: [
    (#"{"content":[{"type":"image","data":"P"}]}"#, false),
    (#"{"content":[{"type":"resource","resource":{"uri":"x","blob":"P"}}]}"#, false),
    (#"{"content":[{"type":"image","data":"P!"}]}"#, true),
    (#"{"content":[{"type":"image","data":"AP"}]}"#, true),
    (#"{"content":[{"type":"text","data":"P"}]}"#, true),
    (#"{"structuredContent":{"data":"P"}}"#, true),
    (#"{"content":[{"type":"image","data":"","data2":"P"}]}"#, true),
  ])
  func `only a picture where the protocol has one is left out`(text: String, isScreened: Bool) throws {
    let segments = try message(text.replacing("P\"", with: "\(Self.picture)\"").replacing("P!", with: "\(Self.picture)!"), base: "/result")
      .segments
    #expect(segments.contains { $0.text.contains(Self.picture) } == isScreened)
  }

  @Test func `nothing of what a client sends is left out as binary`() throws {
    let segments = try message(#"{"content":[{"type":"image","data":"\#(Self.picture)"}]}"#).segments
    #expect(segments.contains { $0.text == Self.picture })
  }

  @Test func `a text in base64 is judged as it is read, and written again in base64`() throws {
    var message = try message(#"{"content":[{"type":"image","data":"aGVs bG8"}]}"#, base: "/result")
    let index = try #require(message.segments.firstIndex { $0.text == "hello" && $0.flags == .nested })
    do {
      let isApplied = apply([(index, "bye")], to: &message)
      #expect(isApplied && !message.needsAnotherLook)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"content":[{"type":"image","data":"Ynll"}]}"#.utf8))
  }

  // MARK: Numbers and URIs

  @Test(arguments: [
    ("7.34e3", "7340"), ("734E+1", "7340"), ("-0.734e4", "-7340"), ("7340.0", "7340"), ("125e-1", "12.5"), ("5e-3", "0.005"), ("0e0", "0"),
    ("7340", nil), ("12.50", nil), ("0.005", nil), ("1e41", nil), ("1e-41", nil), ("1e99999999999999999999", nil),
  ])
  func `a number is judged in its plain form too`(text: String, plain: String?) throws {
    let segments = try message(#"{"n":\#(text)}"#).segments
    #expect(segments.filter { $0.flags.contains(.number) }.map(\.text) == [text] + (plain.map { [$0] } ?? []))
  }

  @Test func `a replacement of the plain form takes the number's place`() throws {
    var message = try message(#"{"n":7.34e3}"#)
    let index = try #require(message.segments.firstIndex { $0.text == "7340" })
    do {
      let isApplied = apply([(index, "<N>")], to: &message)
      #expect(isApplied)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"n":"<N>"}"#.utf8))
  }

  @Test(arguments: [
    ("https://a/?q=%6eight", ["https://a/?q=night"]), ("%2541", ["%41", "A"]), ("100% of", []), ("%", []), ("%4", []), ("%4g%G4", []),
    ("%u0041", []), ("%C3%A9 and %ff", ["é and \u{FFFD}"]),
    ("https://a/c++?q=drop+table c++", ["https://a/c++?q=drop table c++"]), ("1+1 ?", []), ("a ? b+c", []), ("%2b", ["+"]),
    ("?a%2B+b", ["?a+ b", "?a  b"]),
    ("?a b+c", []), ("x%20?a+b", ["x ?a b"]),
  ])
  func `percent-encoded octets are read`(text: String, readings: [String]) throws {
    let segments = try message(JSONValue.object(["u": .string(text)]).serializedString()).segments
    #expect(segments.filter { $0.flags == .nested }.map(\.text) == readings)
  }

  @Test(arguments: [
    ("n&#105;ght&#x66;all", ["nightfall"]), ("&#X6E;ight", ["night"]), ("&#110ight", ["night"]), ("open&nbsp;sesame", ["open\u{A0}sesame"]),
    ("open&nbspsesame", ["open\u{A0}sesame"]), ("a&amp;amp;amp;#98;", ["a&#98;", "ab"]), ("&#37;41", ["%41", "A"]),
    ("%26%2397;", ["&#97;", "a"]),
    ("a & b && c", []), ("?a=1&b=2&lt=3&amp=4", []), ("&", []), ("&#", []), ("&#;", []), ("&#x;", []), ("&#xg;", []), ("&copy;", []),
    ("AT&T;", []),
    ("&#0;", ["\u{FFFD}"]), ("&#xD800;", ["\u{FFFD}"]), ("&#99999999999999999999;", ["\u{FFFD}"]), ("&#x10FFFF;", ["\u{10FFFF}"]),
    ("é&lt;", ["é<"]), ("&amp;", ["&"]), ("&ampersand", ["&ersand"]),
  ])
  func `character references are read`(text: String, readings: [String]) throws {
    let segments = try message(JSONValue.object(["u": .string(text)]).serializedString()).segments
    #expect(segments.filter { $0.flags == .nested }.map(\.text) == readings)
  }

  @Test func `what is replaced in an HTML text is read no other way`() throws {
    var message = try message(#"{"h":"<p>ann&#64;example.com &lt;3</p>"}"#)
    let index = try #require(message.segments.firstIndex { $0.flags == .nested })
    do {
      let isApplied = apply([(index, message.segments[index].text.replacing("ann@example.com", with: "<EMAIL_1>"))], to: &message)
      #expect(isApplied)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"h":"<p><EMAIL_1> <3</p>"}"#.utf8))
  }

  @Test func `what is replaced in a URI is written as in one`() throws {
    var message = try message(#"{"u":"https://a/b%20c?to=a%40b"}"#)
    let index = try #require(message.segments.firstIndex { $0.flags == .nested })
    do {
      let isApplied = apply([(index, message.segments[index].text.replacing("a@b", with: "<EMAIL_1>"))], to: &message)
      #expect(isApplied)
    }
    #expect(message.raw.bytes.elementsEqual(#"{"u":"https://a/b%20c?to=<EMAIL_1>"}"#.utf8))
    var query = try self.message(#"{"u":"https://a/c+d?to=a%40b&x=1%2B1+2"}"#)
    let last = try #require(query.segments.lastIndex { $0.text.hasSuffix("1+1 2") })
    do {
      let isApplied = apply([(last, query.segments[last].text.replacing("a@b", with: "<EMAIL_1>"))], to: &query)
      #expect(isApplied)
    }
    #expect(query.raw.bytes.elementsEqual(#"{"u":"https://a/c+d?to=<EMAIL_1>&x=1%2B1%202"}"#.utf8))
  }

  // MARK: Escapes in texts

  /// What is added to the texts of a message: what their escapes hide.
  private func nested(_ text: String) throws -> [Segment] { try message(text).segments.filter { $0.flags.contains(.nested) } }

  private func wire(_ value: JSONValue) -> String { value.serializedString() }

  @Test func `what escapes hide in a text that is JSON is read too`() throws {
    let found = try nested(wire(["x": .string(#"{"a":"fo\u0072bidden","plain":"b","n":1,"k\u0065y":["\/"]}"#)]))
    #expect(found.map(\.text) == ["forbidden", "key", "/"])
    #expect(found.map(\.pointer) == ["/params/arguments/x/a", "/params/arguments/x/key", "/params/arguments/x/key/0"])
    #expect(found.map { $0.flags.contains(.key) } == [false, true, false])
  }

  @Test(arguments: [
    (#"log: {"a":"fo\u0072bidden"}"#, [#"log: {"a":"forbidden"}"#]),
    (#"{"a":1,"a":"fo\u0072"}"#, [#"{"a":1,"a":"for"}"#]),
    (#"\ud83d\ude00 \ud83d \u00e9\q"#, ["😀 \u{FFFD} é\\q"]),
    (#"\\u0061"#, [#"\u0061"#, "a"]),
    (#""fo\u0072""#, ["for"]),
    (#"["[\"fo\\u0072\"]"]"#, [#"["fo\u0072"]"#, "for"]),
    (#"C:\new\under"#, []), (#"a "quoted" text"#, []), (#"{"a":"b"}"#, []), (#"\u00"#, []), ("\\", []),
  ])
  func `a text with escapes is followed by what they hide`(text: String, expected: [String]) throws {
    #expect(try nested(wire([.string(text)])).map(\.text) == expected)
  }

  @Test func `what hides in an escape can be replaced, and the rest stays as it was`() throws {
    let inner = #" {"a": "fo\u0072bidden",  "b": [1.0, "x\ny"]} "#
    var message = try message(wire(["x": .string(inner), "y": "z"]))
    let index = try #require(message.segments.firstIndex { $0.text == "forbidden" })
    let isApplied = message.apply([(index, "new\n")])
    #expect(isApplied && !message.needsAnotherLook)
    #expect(message.raw["x"]?.stringValue == #" {"a": "new\n",  "b": [1.0, "x\ny"]} "#)
    #expect(message.raw["y"]?.stringValue == "z")
  }

  @Test func `what hides in several layers can be replaced`() throws {
    let inner = wire(["b": .string(wire(["c": "fo\nbidden"]))])
    var message = try message(wire(["a": .string(inner)]))
    let index = try #require(message.segments.firstIndex { $0.text == "fo\nbidden" })
    let isApplied = message.apply([(index, "<X_1>")])
    #expect(isApplied)
    #expect(message.raw["a"]?.stringValue == wire(["b": .string(wire(["c": "<X_1>"]))]))
  }

  @Test func `a text replaced together with what hides in it needs another look`() throws {
    let inner = #"{"a":"to\nada@example.com"}"#
    var message = try message(wire(["x": .string(inner)]))
    let (outer, hidden) = try (
      #require(message.segments.firstIndex { $0.text == inner }), #require(message.segments.firstIndex { $0.text.hasPrefix("to\n") })
    )
    let isApplied = message.apply([(outer, #"{"a":"to\<EMAIL_1>"}"#), (hidden, "to\n<EMAIL_1>")])
    #expect(isApplied && message.needsAnotherLook)
    #expect(message.raw["x"]?.stringValue == #"{"a":"to\n<EMAIL_1>"}"#)
    let isDone = message.apply([])
    #expect(isDone && !message.needsAnotherLook)
  }

  @Test func `a text with escapes that is no document keeps them when it is replaced itself`() throws {
    let code = #"print("ada@example.com\n") # \u0041"#
    var message = try message(wire(["x": .string(code)]))
    let outer = try #require(message.segments.firstIndex { $0.text == code })
    let isApplied = message.apply([(outer, #"print("<EMAIL_1>\n") # \u0041"#), (outer + 1, "print(\"<EMAIL_1>\n\") # A")])
    #expect(isApplied && message.needsAnotherLook)
    #expect(message.raw["x"]?.stringValue == #"print("<EMAIL_1>\n") # \u0041"#)
  }

  @Test func `what is put back into a document gets the escapes that it needs`() throws {
    let raw = try RawJSON(validating: Array(wire(["x": .string(#"{"a":["\u003cKEY_1\u003e"]}"#), "y": "<KEY_1> \\n"]).utf8))
    var message = ScreenedMessage(raw, base: "", escapes: .documents)
    let replacements = message.segments.indices.filter { message.segments[$0].text.contains("<KEY_1>") }
      .map { (segment: $0, text: message.segments[$0].text.replacing("<KEY_1>", with: "one\n\"two\"")) }
    let isApplied = message.apply(replacements)
    #expect(isApplied && !message.needsAnotherLook)
    #expect(message.raw["x"]?.stringValue == #"{"a":["one\n\"two\""]}"#)
    #expect(message.raw["y"]?.stringValue == "one\n\"two\" \\n")
  }

  @Test func `a text without its escapes takes the place of the one with them`() throws {
    var message = try message(wire(["x": #"log: fo\u0072"#]))
    let index = try #require(message.segments.firstIndex { $0.text == "log: for" })
    let isApplied = message.apply([(index, "log: ***")])
    #expect(isApplied && message.raw["x"]?.stringValue == "log: ***")
  }

  @Test func `what hides in a member name cannot be replaced`() throws {
    var message = try message(wire([#"fo\u0072"#: 1]))
    let index = try #require(message.segments.firstIndex { $0.text == "for" })
    let isApplied = message.apply([(index, "x")])
    #expect(!isApplied)
  }

  @Test func `escapes beyond all bounds are told`() throws {
    var text = #"\u0061"#
    for _ in 0..<9 { text = text.replacing("\\", with: "\\\\") }
    #expect(try !message(wire([.string(text)])).hidesTooMuch)
    let filler = String(repeating: "x", count: 2 << 20)
    #expect(try message(wire([.string(text + filler)])).hidesTooMuch)
    #expect(try !message(wire([.string(#"\u0061"# + filler)])).hidesTooMuch)
    #expect(try nested(wire([.string(String(repeating: "\\", count: 100_000))])).isEmpty)
  }

  @Test func `nothing is read twice when nothing is judged`() throws {
    let raw = try RawJSON(validating: Array(wire([#"fo\u0072"#]).utf8))
    #expect(ScreenedMessage(raw, base: "", escapes: .none).segments.count == 1)
  }
}
