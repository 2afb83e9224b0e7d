import JSON
import MCP
import Testing

@Suite struct RequestIDTests {
  @Test(arguments: [
    "0", "1", "-1", "7", "1e2", "1.0", "9007199254740993", "123456789012345678901234567890", "\"\"", "\"1\"", "\"abc\"", "\"é\"",
    "\"\\u0000\"",
  ])
  func `an id is given back as it came`(source: String) throws {
    let id = try #require(RequestID(json(source)))
    #expect(text(id.encoded()) == source)
  }

  @Test func `an escaped string is given back as the same string`() throws {
    let id = try #require(RequestID(json(#""\u0061\/""#)))
    #expect(id == .string("a/"))
    #expect(text(id.encoded()) == #""a/""#)
  }

  @Test(arguments: ["null", "true", "1.5", "1e-1", "0.1", "{}", "[]", "[1]", #""\ud800""#, #""x\udc00y""#])
  func `anything but a string or an integer is no id`(source: String) throws {
    #expect(try RequestID(json(source)) == nil)
  }

  @Test func `an id is at most so long`() throws {
    let longest = String(repeating: "1", count: RequestID.maxBytes)
    #expect(try RequestID(json(longest)) != nil)
    #expect(try RequestID(json(longest + "1")) == nil)
    #expect(try RequestID(json("\"\(longest)\"")) == nil)
  }

  @Test func `ids that only look alike are different`() {
    let ids: Set<RequestID> = [.string("1"), .number("1"), .number("1.0"), .string("e\u{301}"), .string("é")]
    #expect(ids.count == 5)
    #expect(RequestID.string("e\u{301}") != .string("é"))
    #expect(ids.contains(RequestID(1)))
    #expect(ids.contains(.string("e\u{301}")))
  }
}
