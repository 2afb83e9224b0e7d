/// As much of an HTTP/2 server as the tests need: it reads frames, ignores what the headers say, and answers with frames of its own.
struct HTTP2Peer {
  let peer: Peer

  struct Frame {
    let type: UInt8
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]
  }

  /// Nil unless the connection begins with the preface of HTTP/2 with prior knowledge.
  init?(_ peer: Peer) {
    self.peer = peer
    guard peer.read(exactly: 24) == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) else { return nil }
    write(type: 4)
  }

  func write(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
    let length = UInt32(payload.count)
    let head = [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type, flags]
    peer.write(head + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 0xff) } + payload)
  }

  /// The next frame; settings and pings are answered on the way. Nil at the end of the connection.
  func read() -> Frame? {
    while let head = peer.read(exactly: 9) {
      let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      guard let payload = length == 0 ? [] : peer.read(exactly: length) else { return nil }
      switch (head[3], head[4] & 1) {
      case (4, 0): write(type: 4, flags: 1)
      case (6, 0): write(type: 6, flags: 1, payload)
      case (0, _) where length > 0:
        // Room for as much again, on the connection and the stream.
        for stream in [0, Self.stream(head)] { write(type: 8, stream: stream, [0] + head[0..<3]) }
        return Frame(type: 0, flags: head[4], stream: Self.stream(head), payload: payload)
      default: return Frame(type: head[3], flags: head[4], stream: Self.stream(head), payload: payload)
      }
    }
    return nil
  }

  private static func stream(_ head: [UInt8]) -> UInt32 { head[5...8].reduce(0) { $0 << 8 | UInt32($1) } }

  /// The stream of the next request whose headers and body have all arrived.
  func readRequest() -> UInt32? {
    while let frame = read() {
      if frame.type <= 1, frame.flags & 1 == 1 { return frame.stream }
    }
    return nil
  }

  /// Status 200 without other headers.
  func writeHead(_ stream: UInt32) { write(type: 1, flags: 4, stream: stream, [0x88]) }

  func writeData(_ stream: UInt32, _ text: String, isLast: Bool = false) {
    write(type: 0, flags: isLast ? 1 : 0, stream: stream, Array(text.utf8))
  }

  func writeTrailer(_ stream: UInt32, _ name: String, _ value: String) {
    write(type: 1, flags: 5, stream: stream, [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8)
  }
}
