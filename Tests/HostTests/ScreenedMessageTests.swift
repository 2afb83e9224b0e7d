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

  @Test(arguments: [
    (#"{"content":[{"type":"image","data":"aGVsbG8="}]}"#, false),
    (#"{"content":[{"type":"resource","resource":{"uri":"x","blob":"aGVsbG8="}}]}"#, false),
    (#"{"content":[{"type":"image","data":"not base64!"}]}"#, true),
    (#"{"content":[{"type":"image","data":"aGVsbG8"}]}"#, true),
    (#"{"content":[{"type":"image","data":"aGVs=bG8="}]}"#, true),
    (#"{"content":[{"type":"text","data":"aGVsbG8="}]}"#, true),
    (#"{"structuredContent":{"data":"aGVsbG8="}}"#, true),
    (#"{"content":[{"type":"image","data":"","data2":"aGVsbG8="}]}"#, true),
  ])
  func `only base64 that the message declares binary is left out`(text: String, isScreened: Bool) throws {
    let segments = try message(text, base: "/result").segments
    #expect(segments.contains { ["aGVsbG8=", "not base64!", "aGVsbG8", "aGVs=bG8="].contains($0.text) } == isScreened)
  }

  @Test func `nothing of what a client sends is left out as binary`() throws {
    let segments = try message(#"{"content":[{"type":"image","data":"aGVsbG8="}]}"#).segments
    #expect(segments.contains { $0.text == "aGVsbG8=" })
  }

  /// In strings that are JSON themselves, what is written with escapes is there as it reads, and cannot be replaced.
  @Test(arguments: [
    (#"{"a":"{\"b\":\"fo\\u0072bidden\"}"}"#, ["/params/arguments/a/b": "forbidden"]),
    (#"{"a":"[\"x\", \"\\u0066oo\"]"}"#, ["/params/arguments/a/1": "foo"]),
    (#"{"a":" \"rm \\/\" "}"#, ["/params/arguments/a": "rm /"]),
    (#"{"a":"{\"\\u006b\":1}"}"#, ["/params/arguments/a/k": "k"]),
    (#"{"a":"{\"b\":\"{\\\"c\\\":\\\"\\\\u007a\\\"}\"}"}"#, ["/params/arguments/a/b/c": "z"]),
    (#"{"a":"{\"b\":\"line\\nline, \\\"quoted\\\"\"}"}"#, [:]), (#"{"a":"{\"b\":\"plain\"}"}"#, [:]), (#"{"a":"{no JSON \\u0061"}"#, [:]),
    (#"{"a":"C:\\users"}"#, [:]),
  ])
  func `nested texts are segments when escapes hide them`(source: String, expected: [String: String]) throws {
    var message = try message(source)
    let nested = message.segments.enumerated().filter { $0.element.flags == .key && $0.element.text != "a" }
    #expect(Dictionary(uniqueKeysWithValues: nested.map { ($0.element.pointer, $0.element.text) }) == expected)
    for (index, _) in nested {
      let isApplied = apply([(index, "x")], to: &message)
      #expect(!isApplied)
    }
  }
}
