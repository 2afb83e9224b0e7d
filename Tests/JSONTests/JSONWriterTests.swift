import Testing

@testable import JSON

@Suite struct JSONWriterTests {
  @Test func `commas and colons are put where they belong`() throws {
    var writer = JSONWriter(reservingBytes: 64)
    try writer.object { writer in
      writer.member("a", 1)
      writer.member("b", object: { _ in })
      writer.member("c", array: { _ in })
      writer.key("d")
      try writer.array { writer in
        writer.null()
        writer.bool(false)
        writer.double(1.5)
        writer.double(.nan)
        writer.int(.min)
        writer.int(UInt64.max)
        writer.object { $0.member("x", "y") }
        writer.raw(try parse(" [1, 2] "))
        writer.raw(Array("3".utf8))
        writer.value(["k": [true]])
      }
      writer.key("e" + "\n")
      writer.string("")
      writer.member("f", try parse("{}"))
      writer.member("g", true)
      writer.member("h", JSONValue.null)
    }
    let text = String(decoding: writer.bytes, as: UTF8.self)
    #expect(
      text
        == #"{"a":1,"b":{},"c":[],"d":[null,false,1.5,null,-9223372036854775808,18446744073709551615,{"x":"y"},[1, 2],3,{"k":[true]}],"e\n":"","f":{},"g":true,"h":null}"#
    )
    #expect(throws: Never.self) { try RawJSON(validating: writer.bytes) }
  }

  @Test func `every byte is escaped if it must be and only then, at every place in a word`() throws {
    for scalar in (0..<0x100).compactMap(Unicode.Scalar.init) {
      for length in [0, 1, 6, 7, 8, 9, 15, 16] {
        let text = String(repeating: "x", count: length) + String(Character(scalar)) + "yz"
        var writer = JSONWriter()
        writer.string(text)
        let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        let read = try RawJSON(validating: writer.bytes)
        if read.stringValue?.unicodeScalars.elementsEqual(text.unicodeScalars) != true { Issue.record("U+\(scalar.value) after \(length)") }
        if writer.bytes.contains(.backslash) != mustEscape { Issue.record("U+\(scalar.value) after \(length)") }
      }
    }
  }

  @Test func `a body's error passes through`() {
    struct Stop: Error {}
    var writer = JSONWriter()
    #expect(throws: Stop.self) { try writer.object { _ in throw Stop() } }
  }
}
