import Testing

@testable import JSON

@Suite struct JSONPointerTests {
  private let document = #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,"~1":9,"0":{"01":10}}"#

  @Test(
    arguments: [
      ("/foo/0", "\"bar\""), ("/foo/1", "\"baz\""), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"),
      ("/k\"l", "6"), ("/ ", "7"),
      ("/m~0n", "8"), ("/~01", "9"), ("/0/01", "10"), ("/foo/2", nil), ("/foo/-", nil), ("/foo/00", nil), ("/foo/+1", nil),
      ("/foo/0/x", nil), ("/nope", nil),
      ("/foo/99999999999999999999", nil), ("//", nil),
    ] as [(String, String?)])
  func `a pointer leads to its value in texts and trees`(text: String, expected: String?) throws {
    let json = try parse(document)
    let pointer = try #require(JSONPointer(text))
    #expect(pointer.description == text)
    #expect(source(json[pointer]) == expected)
    #expect(json.value[pointer]?.serializedString() == expected)
  }

  @Test func `the empty pointer is the whole document`() throws {
    let json = try parse(document)
    #expect(JSONPointer("") == JSONPointer())
    #expect(json[JSONPointer()] == json)
  }

  @Test(arguments: ["a", "a/b", "/~", "/~2", "/a~", "#/a"])
  func `malformed pointers are refused`(text: String) {
    #expect(JSONPointer(text) == nil)
  }

  @Test func `tokens are escaped when they are added`() {
    #expect(JSONPointer().appending("a/b~").appending(3).appending("").description == "/a~1b~0/3/")
    #expect(JSONPointer("/a~1b~0")?.tokens == ["a/b~"])
  }
}
