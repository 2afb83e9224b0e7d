import MCP
import Testing

@Suite struct LineFramerTests {
  /// Everything the framer gives for these pieces, and what is left at the end.
  private func lines(_ pieces: [some Collection<UInt8>], maxLineBytes: Int = 1 << 20) throws -> [String] {
    var framer = LineFramer(maxLineBytes: maxLineBytes)
    var lines: [String] = []
    for piece in pieces {
      try framer.append(piece)
      while let line = framer.next() { lines.append(text(line)) }
    }
    if let rest = framer.finish() { lines.append("rest:" + text(rest)) }
    return lines
  }

  @Test(arguments: [
    ("", []), ("\n", []), ("\r\n\r\n\n", []), ("a\n", ["a"]), ("a\r\n", ["a"]), ("a\nb\n\nc\n", ["a", "b", "c"]), ("a", ["rest:a"]),
    ("a\nb", ["a", "rest:b"]), ("a\nb\r", ["a", "rest:b"]), ("\r", []), ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("\n\na\n", ["a"]),
  ])
  func `lines end in LF, a CR before it is dropped, empty ones are skipped`(input: String, expected: [String]) throws {
    #expect(try lines([Array(input.utf8)]) == expected)
    #expect(try lines(input.utf8.map { [$0] }) == expected)
  }

  @Test func `where the pieces are cut makes no difference`() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let alphabet: [UInt8] = [0x0A, 0x0D, 0x61, 0x62, 0x63]
      let input = (0..<Int.random(in: 0...200, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator) }
      let expected = try lines([input])
      #expect(try lines(generator.pieces(of: input, maxPiece: 9)) == expected)
      let whole = input.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map { $0.last == 0x0D ? $0.dropLast() : $0 }
      #expect(expected.filter { !$0.hasPrefix("rest:") } == whole.filter { !$0.isEmpty }.map { text($0) })
    }
  }

  @Test func `lines of one piece are read before the next piece arrives, or after`() throws {
    var framer = LineFramer(maxLineBytes: 10)
    try framer.append("one\ntwo\nthr".utf8)
    #expect(framer.next().map { text($0) } == "one")
    try framer.append("ee\nfour".utf8)
    #expect(framer.next().map { text($0) } == "two")
    #expect(framer.next().map { text($0) } == "three")
    #expect(framer.next() == nil)
    try framer.append("\n".utf8)
    #expect(framer.next().map { text($0) } == "four")
    #expect(framer.finish() == nil)
  }

  @Test(arguments: ["12345678\n", "12345678\r\n", "1\n12345678\r\n1\n"])
  func `a line as long as the limit passes`(input: String) throws {
    #expect(try lines([Array(input.utf8)], maxLineBytes: 8).contains("12345678"))
    #expect(try lines(input.utf8.map { [$0] }, maxLineBytes: 8).contains("12345678"))
  }

  @Test(arguments: ["123456789", "123456789\n", "12345678\r9", "1\n123456789\n", "12345678\r\r\n"])
  func `a longer line is refused as soon as it is known, with the limit in words`(input: String) throws {
    let error = try #require(throws: LineFramer.LineTooLong.self) { try lines([Array(input.utf8)], maxLineBytes: 8) }
    #expect(error.limit == 8)
    #expect("\(error)" == "a line is longer than 8 bytes")
    #expect(throws: LineFramer.LineTooLong.self) { try lines(input.utf8.map { [$0] }, maxLineBytes: 8) }
  }

  @Test func `whole lines before a line that is too long are still read, and nothing after it`() throws {
    var framer = LineFramer(maxLineBytes: 4)
    #expect(throws: LineFramer.LineTooLong(limit: 4)) { try framer.append("ab\ncd\n12345\nef\n".utf8) }
    #expect(framer.next().map { text($0) } == "ab")
    #expect(framer.next().map { text($0) } == "cd")
    #expect(framer.next() == nil)
    #expect(framer.finish() == nil)
    #expect(throws: LineFramer.LineTooLong(limit: 4)) { try framer.append("x\n".utf8) }
    #expect(framer.next() == nil)
  }

  /// Searching the whole line again for each piece would look at 10^13 bytes here.
  @Test(.timeLimit(.minutes(1)))
  func `a long line in small pieces costs time linear in its length`() throws {
    var framer = LineFramer(maxLineBytes: 64 << 20)
    let piece = [UInt8](repeating: 0x61, count: 64)
    for _ in 0..<(1 << 19) { try framer.append(piece) }
    try framer.append("\n".utf8)
    #expect(framer.next()?.count == 64 << 19)
  }
}
