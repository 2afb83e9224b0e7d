import Testing

@testable import JSON

func parse(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

func source(_ json: RawJSON?) -> String? { json.map { String(decoding: $0.bytes, as: UTF8.self) } }

@Suite struct RawJSONTests {
  @Test func `members are found by name, however the name is escaped`() throws {
    let json = try parse(#" {"id" : 1, "m\u0065thod":"tools/call","p":{"id":2,"x":[1,{"id":3}]},"é":4,"e\u0301":5, "\ud800":6,"":7} "#)
    #expect(source(json["id"]) == "1")
    #expect(json["method"]?.stringValue == "tools/call")
    #expect(source(json["p"]?["x"]?[1]?["id"]) == "3")
    #expect(json["\u{e9}"]?.intValue == 4)
    #expect(json["e\u{301}"]?.intValue == 5)
    #expect(json[""]?.intValue == 7)
    #expect(json["\u{FFFD}"] == nil)
    #expect(json["ID"] == nil)
    #expect(json["id"]?["id"] == nil)
    #expect(json[0] == nil)
    #expect(json.itemCount == 7)
    #expect(json.members.map { $0.key.stringValue } == ["id", "method", "p", "é", "e\u{301}", "\u{FFFD}", ""])
  }

  @Test func `elements are counted, indexed and iterated`() throws {
    let json = try parse(#"[ 1 , "a]" , [ 2 , 3 ] , {"x":"}"} , null ]"#)
    #expect(json.itemCount == 5)
    #expect(json.elements.map { source($0) } == ["1", "\"a]\"", "[ 2 , 3 ]", "{\"x\":\"}\"}", "null"])
    #expect(json.elements.map(\.kind) == [.number, .string, .array, .object, .null])
    #expect(source(json[2]?[1]) == "3")
    #expect(json[5] == nil)
    #expect(json[-1] == nil)
    #expect(json["x"] == nil)
    #expect(Array(json.members).isEmpty)
    #expect(try parse("[]").itemCount == 0)
    #expect(try parse("{ }").itemCount == 0)
    #expect(try parse("12").itemCount == 0)
    #expect(try Array(parse("{\"a\":1}").elements).isEmpty)
  }

  @Test(
    arguments: [
      ("1", 1), ("-1", -1), ("1.0", 1), ("1e2", 100), ("1.5", nil), ("1.50e1", 15), ("100e-2", 1), ("1e-1", nil), ("-0", 0),
      ("0e999999999999999999999", 0),
      ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min), ("-9223372036854775809", nil),
      ("1e18", 1_000_000_000_000_000_000),
      ("1e19", nil), ("1e999999999", nil), ("1e99999999999999999999999", nil), ("1e-99999999999999999999999", nil), ("0.00001e5", 1),
      ("10000000000000000000000000e-25", 1), ("\"1\"", nil), ("true", nil),
    ] as [(String, Int?)])
  func `integers are exact or nil`(text: String, expected: Int?) throws {
    #expect(try parse(text).intValue == expected)
    #expect(try parse(text).value.intValue == expected)
  }

  @Test(
    arguments: [("1.5", 1.5), ("-0.0", -0.0), ("1e308", 1e308), ("1e309", nil), ("-1e999999999", nil), ("1e-400", 0), ("\"1\"", nil)]
      as [(String, Double?)])
  func `doubles are the nearest or nil`(text: String, expected: Double?) throws {
    #expect(try parse(text).doubleValue == expected)
  }

  @Test func `scalars are nil for other kinds`() throws {
    #expect(try parse("true").boolValue == true)
    #expect(try parse("false").boolValue == false)
    #expect(try parse("null").boolValue == nil)
    #expect(try parse("null").isNull)
    #expect(try !parse("\"null\"").isNull)
    #expect(try parse("1").stringValue == nil)
    #expect(try parse("[]").decodedUTF8 == nil)
  }

  @Test(
    arguments: [
      (#""a\u0000b""#, "a\u{0}b"), (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
      (#""\ud83dx\ude00""#, "\u{FFFD}x\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
      (#""\b\f\n\r\t\/\\\"""#, "\u{8}\u{C}\n\r\t/\\\""), ("\"é\"", "é"), (#""\\u0041""#, "\\u0041"),
    ])
  func `strings are decoded`(text: String, expected: String) throws {
    let json = try parse(text)
    #expect(json.stringValue?.utf8.elementsEqual(expected.utf8) == true)
    #expect(json.decodedUTF8 == Array(expected.utf8))
    #expect(json.value == .string(expected))
  }

  @Test func `compacting takes line breaks between tokens and nothing else`() throws {
    let json = try parse("{\n  \"a\": [1,\r\n 2],\n\"b\": \"x\\ny\"\n}\n")
    #expect(source(json.compacted()) == "{  \"a\": [1, 2],\"b\": \"x\\ny\"}")
    #expect(json.compacted().value == json.value)
    let flat = try parse(#"{"a": 1}"#)
    #expect(flat.compacted().bytes == flat.bytes)
    let inner = try #require(parse("{\n\"a\": 1\n}")["a"])
    #expect(source(inner.compacted()) == "1")
  }

  @Test func `parts are written anew and the rest keeps its bytes`() throws {
    let json = try parse(#" {"a": "one", "b" :[ "two",1.0],"c":{"\u0064":"three"}} "#)
    let second = try #require(json["b"]?[0])
    let third = try #require(json["c"]?["d"])
    let edited = try json.replacing([(third, Array("null".utf8)), (second, Array(#""[x]""#.utf8))])
    #expect(source(edited) == #"{"a": "one", "b" :[ "[x]",1.0],"c":{"\u0064":null}}"#)
    let part = try json["b"]?.replacing([(second, Array("2".utf8))])
    #expect(source(part) == "[ 2,1.0]")
    #expect(try source(json.replacing([(json, [0x31])])) == "1")
    #expect(try json.replacing([]) == json)
  }

  @Test func `an edit that does not fit is an error, never a broken text`() throws {
    let json = try parse(#"{"a":1,"b":[2,3]}"#)
    let inner = try #require(json["b"]?[0])
    let outer = try #require(json["b"])
    let first = try #require(json.members.first { _ in true })
    let one = Array("1".utf8)
    #expect(throws: JSONError(.misplacedEdit, at: inner.offset)) { try json.replacing([(inner, one), (outer, one)]) }
    #expect(throws: JSONError(.misplacedEdit, at: inner.offset)) { try json.replacing([(inner, one), (inner, one)]) }
    #expect(throws: JSONError(.misplacedEdit, at: 0)) { try outer.replacing([(json, one)]) }
    #expect(throws: JSONError.self) { try json.replacing([(parse(#"{"a":1}"#), one)]) }
    #expect(throws: JSONError(.duplicateMember, at: 8)) { try json.replacing([(first.key, Array(#""b""#.utf8))]) }
    #expect(throws: JSONError(.unexpectedByte, at: 5)) { try json.replacing([(first.value, Array("}".utf8))]) }
  }

  @Test func `texts come in document order with their places`() throws {
    let json = try parse(#"{"a/b~":["x",-1.50,true,null,{"":"\u00e9"}],"n":{}}"#)
    var seen: [String] = []
    json.forEachText(base: "/params") { seen.append("\($0.kind) \($0.pointer) \($0.text)") }
    #expect(
      seen == [
        "memberName /params/a~1b~0 a/b~", "string /params/a~1b~0/0 x", "number /params/a~1b~0/1 -1.50", "memberName /params/a~1b~0/4/ ",
        "string /params/a~1b~0/4/ é", "memberName /params/n n",
      ])
    var part: [String] = []
    json["a/b~"]?.forEachText(base: "") { part.append($0.pointer) }
    #expect(part == ["/0", "/1", "/4/", "/4/"])
    struct Stop: Error {}
    #expect(throws: Stop.self) { try json.forEachText(base: "") { _ in throw Stop() } }
  }

  @Test func `pointers under long names stay short`() throws {
    let name = String(repeating: "é", count: 5000)
    let json = try parse("{\"\(name)\":{\"\(name)\":[1,2]}}")
    var lengths: [Int] = []
    json.forEachText(base: "") { lengths.append($0.pointer.utf8.count) }
    #expect(lengths.count == 4)
    #expect(lengths.allSatisfy { $0 <= JSONText.longestPointerBytes + 3 })
    json.forEachText(base: "") { #expect($0.pointer.hasSuffix("é…")) }
  }

  @Test func `equality is that of bytes and descriptions hold no content`() throws {
    #expect(try parse(" [1] ") == parse("[1]"))
    #expect(try parse("[1]") != parse("[1.0]"))
    #expect(try Set([parse("1"), parse(" 1"), parse("2")]).count == 2)
    #expect(try "\(parse("\"secret\""))" == "string of 8 bytes")
  }
}
