import MCP
import Testing

/// Streams and the events they hold.
private enum Streams {
  static func event(_ data: String, _ type: String = "message", id: String = "") -> SSEEvent {
    SSEEvent(type: type, data: Array(data.utf8), lastEventID: id)
  }

  static let table: [(String, [SSEEvent])] = [
    ("", []),
    ("\n\n\n", []),
    ("data: a\n\n", [event("a")]),
    ("data:a\n\n", [event("a")]),
    ("data:  a\n\n", [event(" a")]),
    ("data: a\r\n\r\n", [event("a")]),
    ("data: a\r\r", [event("a")]),
    ("data: a\r\n\rdata: b\n\n", [event("a"), event("b")]),
    ("data: a\ndata: b\n\n", [event("a\nb")]),
    ("data: a\ndata\ndata:\n\n", [event("a\n\n")]),
    ("data\n\n", [event("")]),
    ("data:\n\n", [event("")]),
    ("data: a", []),
    ("data: a\n", []),
    ("\u{FEFF}data: a\n\n", [event("a")]),
    ("\u{FEFF}\u{FEFF}data: a\n\n", []),
    ("data: a\n\n\u{FEFF}data: b\n\n", [event("a")]),
    (": comment\n\n:\n: x\ndata: a\n\n", [event("a")]),
    ("event: endpoint\ndata: /x\n\ndata: y\n\n", [event("/x", "endpoint"), event("y")]),
    ("event: ping\n\ndata: y\n\n", [event("y")]),
    ("event: a\nevent: b\ndata: y\n\n", [event("y", "b")]),
    ("event:\ndata: y\n\n", [event("y")]),
    ("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [event("a", id: "1"), event("b", id: "1"), event("c")]),
    ("id: 1\n\ndata: a\n\n", [event("a", id: "1")]),
    ("id: 1\ndata:\n\n", [event("", id: "1")]),
    ("id: 1\u{0}2\ndata: a\n\n", [event("a")]),
    ("id: \(String(repeating: "x", count: SSEDecoder.maxIDBytes + 1))\ndata: a\n\n", [event("a")]),
    ("Data: a\nnonsense: b\ndata : c\n data: d\ndata: e\n\n", [event("e")]),
    ("retry: 5\ndata: a:b: c\n\n", [event("a:b: c")]),
    ("data: é🙂\n\n", [event("é🙂")]),
  ]
}

@Suite struct SSEDecoderTests {
  private func decode(_ pieces: [some Collection<UInt8>], maxEventBytes: Int = 1 << 20) throws -> [SSEEvent] {
    var decoder = SSEDecoder(maxEventBytes: maxEventBytes)
    var events: [SSEEvent] = []
    for piece in pieces {
      try decoder.append(piece)
      while let event = decoder.next() { events.append(event) }
    }
    return events
  }

  @Test(arguments: Streams.table)
  func `events are read as the standard says, wherever the stream is cut`(input: String, expected: [SSEEvent]) throws {
    let bytes = Array(input.utf8)
    #expect(try decode([bytes]) == expected)
    #expect(try decode(bytes.map { [$0] }) == expected)
    for cut in bytes.indices { #expect(try decode([bytes[..<cut], bytes[cut...]]) == expected) }
  }

  @Test(arguments: [
    ("retry: 100\n", 100), ("retry: 1\nretry: 2\n", 2), ("retry: x\n", nil), ("retry: -1\n", nil), ("retry:\n", nil), ("retry: 1.5\n", nil),
    ("retry: 99999999999999999999999\n", nil),
  ])
  func `the reconnection time is digits only`(input: String, expected: Int?) throws {
    var decoder = SSEDecoder(maxEventBytes: 100)
    try decoder.append(input.utf8)
    #expect(decoder.retryMilliseconds == expected)
  }

  @Test func `the last event id is known once its event is over`() throws {
    var decoder = SSEDecoder(maxEventBytes: 100)
    try decoder.append("id: 7\n".utf8)
    #expect(decoder.lastEventID == "")
    try decoder.append("\n".utf8)
    #expect(decoder.lastEventID == "7")
    #expect(decoder.next() == nil)
  }

  @Test(arguments: [
    "data: 0123456789", "data: 01234\ndata: 01234\n", ": 01234567890123456", "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n",
  ])
  func `an event that grows too large is refused before it ends`(input: String) throws {
    let limit = input.hasPrefix("data\n") ? 7 : 12
    let error = try #require(throws: SSEDecoder.EventTooLarge.self) { try decode([Array(input.utf8)], maxEventBytes: limit) }
    #expect(error.limit == limit)
    #expect(throws: SSEDecoder.EventTooLarge.self) { try decode(input.utf8.map { [$0] }, maxEventBytes: limit) }
  }

  @Test func `events before one that is too large are still read, and nothing after it`() throws {
    var decoder = SSEDecoder(maxEventBytes: 10)
    #expect(throws: SSEDecoder.EventTooLarge.self) { try decoder.append("data: a\n\ndata: 0123456789\n\ndata: b\n\n".utf8) }
    #expect(decoder.next()?.data == Array("a".utf8))
    #expect(decoder.next() == nil)
    #expect(throws: SSEDecoder.EventTooLarge.self) { try decoder.append("data: b\n\n".utf8) }
    #expect(decoder.next() == nil)
  }

  @Test func `any number of comments and events passes`() throws {
    var decoder = SSEDecoder(maxEventBytes: 16)
    for _ in 0..<1000 { try decoder.append(": ping\n: ping\ndata: x\n\n".utf8) }
    var count = 0
    while decoder.next() != nil { count += 1 }
    #expect(count == 1000)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a long event in small pieces costs time linear in its length`() throws {
    var decoder = SSEDecoder(maxEventBytes: 32 << 20)
    try decoder.append("data: ".utf8)
    let piece = [UInt8](repeating: 0x61, count: 64)
    for _ in 0..<(1 << 16) { try decoder.append(piece) }
    try decoder.append("\n\n".utf8)
    #expect(decoder.next()?.data.count == 64 << 16)
  }
}

@Suite struct SSEEncoderTests {
  @Test func `an event is written field by field`() {
    let bytes = SSEEncoder.event(data: "{}".utf8, type: "message", id: "s-1", retryMilliseconds: 500)
    #expect(text(bytes) == "id: s-1\nevent: message\nretry: 500\ndata: {}\n\n")
    #expect(text(SSEEncoder.event(data: [])) == "data: \n\n")
  }

  @Test func `a comment stays on one line`() {
    #expect(text(SSEEncoder.comment()) == ":\n\n")
    #expect(text(SSEEncoder.comment("a\r\nb")) == ":ab\n\n")
  }

  @Test(arguments: ["", "a", " a", "a\nb", "a\n\nb\n", "\n", "a: b", "id: 1", "é"])
  func `what is written is read again`(data: String) throws {
    var decoder = SSEDecoder(maxEventBytes: 100)
    try decoder.append(SSEEncoder.event(data: data.utf8, type: "t\nx", id: "i\u{0}\r1"))
    #expect(decoder.next() == SSEEvent(type: "tx", data: Array(data.utf8), lastEventID: "i1"))
    #expect(decoder.next() == nil)
  }

  @Test(arguments: ["a\rb", "a\r\nb"])
  func `every kind of line break arrives as LF`(data: String) throws {
    var decoder = SSEDecoder(maxEventBytes: 100)
    try decoder.append(SSEEncoder.event(data: data.utf8))
    #expect(decoder.next()?.data == Array("a\nb".utf8))
  }
}
