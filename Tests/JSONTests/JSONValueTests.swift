import Testing

@testable import JSON

@Suite struct JSONValueTests {
  private let sample: JSONValue = [
    "name": "é \"x\"\n", "list": [1, 2.5, true, .null, [:], []], "object": ["k": ["deep": -1]], "text": "a/b\u{7F}\u{1}",
  ]

  @Test func `a tree is written without whitespace`() {
    #expect(
      sample.serializedString()
        == #"{"name":"é \"x\"\n","list":[1,2.5,true,null,{},[]],"object":{"k":{"deep":-1}},"text":"a/b\#u{7F}\u0001"}"#)
  }

  @Test func `pretty text is that of Python's json module`() {
    #expect(
      sample.serializedString(pretty: true) == """
        {
          "name": "é \\"x\\"\\n",
          "list": [
            1,
            2.5,
            true,
            null,
            {},
            []
          ],
          "object": {
            "k": {
              "deep": -1
            }
          },
          "text": "a/b\u{7F}\\u0001"
        }
        """)
    #expect(JSONValue.array([]).serializedString(pretty: true) == "[]")
    #expect(JSONValue.object([:]).serializedString(pretty: true) == "{}")
    #expect(JSONValue("x").serializedString(pretty: true) == "\"x\"")
  }

  @Test func `numbers keep their text through a round trip`() throws {
    let text = "[1,1.0,1e2,-0,0.1000,123456789012345678901234567890,1E+400,-0.0]"
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value.serializedString() == text)
    #expect(RawJSON(value).value == value)
    #expect(value[0] != value[1])
  }

  @Test func `values are reached by name, index and kind`() {
    #expect(sample["list"]?[1]?.doubleValue == 2.5)
    #expect(sample["list"]?[0]?.intValue == 1)
    #expect(sample["list"]?[2]?.boolValue == true)
    #expect(sample["list"]?[3]?.isNull == true)
    #expect(sample["list"]?[6] == nil)
    #expect(sample["list"]?[-1] == nil)
    #expect(sample["none"] == nil)
    #expect(sample[0] == nil)
    #expect(sample["list"]?.arrayValue?.count == 6)
    #expect(sample["object"]?.objectValue?.keys == ["k"])
    #expect(sample["list"]?.arrayValue?.map(\.kind) == [.number, .number, .bool, .null, .object, .array])
  }

  @Test func `strings and names are equal by code points, objects in any order`() {
    #expect(JSONValue("\u{e9}") != JSONValue("e\u{301}"))
    #expect(["a": 1, "b": 2] as JSONValue == ["b": 2, "a": 1])
    #expect((["a": 1, "b": 2] as JSONValue).hashValue == (["b": 2, "a": 1] as JSONValue).hashValue)
    #expect(["a": 1] as JSONValue != ["a": 1.0])
    #expect(Set<JSONValue>(["a", "a", 1, .null, .null, true]).count == 4)
  }

  @Test(arguments: [3, 30])
  func `an object keeps its order through setting and removing`(count: Int) {
    var object = JSONObject()
    for index in 0..<count { object["k\(index)"] = JSONValue(index) }
    object["k1"] = "new"
    object["\u{e9}"] = 1
    object["e\u{301}"] = 2
    #expect(object.removeValue(forKey: "k0") == 0)
    #expect(object.removeValue(forKey: "k0") == nil)
    object["k2"] = nil
    object["null"] = .null
    #expect(object.keys == ["k1"] + (3..<count).map { "k\($0)" } + ["\u{e9}", "e\u{301}", "null"])
    #expect(object["k1"] == "new")
    #expect(object["\u{e9}"] == 1)
    #expect(object["e\u{301}"] == 2)
    #expect(object["null"] == .null)
    #expect(object["k0"] == nil)
    #expect(object.map(\.key) == object.keys)
    #expect(object.mapValues { _ in 1 }.allSatisfy { $0.value == 1 })
  }

  @Test(
    arguments: [
      ("1", true), ("-0.5e+3", true), ("", false), (" 1", false), ("1 ", false), ("01", false), ("1.", false), ("abc", false),
      ("[1]", false), ("1,2", false),
    ])
  func `a number is made only of a number's text`(text: String, isNumber: Bool) {
    #expect((JSONNumber(text: text) != nil) == isNumber)
  }

  @Test(arguments: [0, -0.0, 1, 0.1, 1e300, .leastNonzeroMagnitude, 1e16, 123_456_789.125, -.infinity, .greatestFiniteMagnitude])
  func `doubles are written so that they read back`(value: Double) throws {
    let number = JSONNumber(value)
    #expect(JSONNumber(text: number.text) == number)
    #expect(number.doubleValue == (value.isFinite ? value : -.greatestFiniteMagnitude))
  }

  @Test func `what is not finite is null where null can stand`() {
    #expect(JSONValue(Double.nan).isNull)
    #expect(JSONValue(Double.infinity).isNull)
    #expect(JSONNumber(Double.nan).text == "0")
  }
}
