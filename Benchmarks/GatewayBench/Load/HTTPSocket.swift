internal import Glibc

/// One connection to 127.0.0.1 that sends prepared HTTP/1.1 requests and gathers whole answers. Does not block: `advance` does what can be done now.
final class HTTPSocket {
  let descriptor: Int32
  private var request: [UInt8] = []
  private var sent = 0
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var received = 0
  /// Bytes of head and body, known once the head is there.
  private var expected: Int?
  private var headCount = 0

  /// - Throws: `BenchError` when nobody listens.
  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError.system("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else {
      let error = BenchError.system("connect")
      close(descriptor)
      throw error
    }
    var isOn: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// What poll(2) should wait for.
  var awaitedEvents: Int16 { Int16(sent < request.count ? POLLOUT : POLLIN) }

  /// Gives back the previous request's memory, to be changed and sent again.
  func takeRequest() -> [UInt8] {
    defer { request = [] }
    return request
  }

  /// Sends as much as the kernel takes now.
  func begin(_ request: consuming [UInt8]) throws {
    self.request = request
    sent = 0
    received = 0
    expected = nil
    _ = try sendRest()
  }

  /// Sends and receives as far as possible; to be called when poll(2) says so.
  /// - Returns: true when the answer is complete.
  func advance() throws -> Bool {
    guard try sendRest() else { return false }
    while true {
      makeRoom()
      let count = buffer.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress?.advanced(by: received), $0.count - received, Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EAGAIN || errno == EINTR { return false }
      guard count > 0 else { throw count == 0 ? BenchError("the server closed the connection") : BenchError.system("recv") }
      received += count
      if try isComplete() { return true }
    }
  }

  private func sendRest() throws -> Bool {
    while sent < request.count {
      let count = request.withUnsafeBytes {
        send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EAGAIN || errno == EINTR { return false }
      guard count > 0 else { throw BenchError.system("send") }
      sent += count
    }
    return true
  }

  private func makeRoom() {
    let needed = max(expected ?? 0, received + 1)
    if buffer.count < needed { buffer += [UInt8](repeating: 0, count: max(needed - buffer.count, buffer.count)) }
  }

  private func isComplete() throws -> Bool {
    if let expected { return received >= expected }
    guard let end = buffer.withUnsafeBytes({ ByteSearch.find("\r\n\r\n", in: UnsafeRawBufferPointer(rebasing: $0[..<received])) }) else {
      return false
    }
    headCount = end + 4
    let length = try contentLength()
    expected = headCount + length
    return received >= headCount + length
  }

  /// Both servers under test write this header's name in lower case.
  private func contentLength() throws -> Int {
    let name = "content-length: "
    let digits = buffer.withUnsafeBytes { bytes -> [UInt8]? in
      let head = UnsafeRawBufferPointer(rebasing: bytes[..<headCount])
      guard let start = ByteSearch.find("content-length: ", in: head) else { return nil }
      return Array(head[(start + name.utf8.count)...].prefix { $0 != 0x0D })
    }
    guard let digits else { return 0 }
    guard let length = Int(String(decoding: digits, as: UTF8.self)), length >= 0 else {
      throw BenchError("an answer with a bad content-length")
    }
    return length
  }

  // MARK: The answer

  var status: Int { Int(String(decoding: buffer[..<received].dropFirst(9).prefix(3), as: UTF8.self)) ?? 0 }
  var head: String { String(decoding: buffer[..<headCount], as: UTF8.self) }

  func withBody<R>(_ read: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withUnsafeBytes { try read(UnsafeRawBufferPointer(rebasing: $0[headCount..<received])) }
  }

  func header(_ name: String) -> String? {
    for line in head.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  /// One exchange from beginning to end.
  func exchange(_ request: [UInt8], timeoutMilliseconds: Int32 = 10_000) throws {
    try begin(request)
    repeat {
      var poll = pollfd(fd: descriptor, events: awaitedEvents, revents: 0)
      guard Glibc.poll(&poll, 1, timeoutMilliseconds) > 0 else { throw BenchError("no answer within \(timeoutMilliseconds) ms") }
    } while try !advance()
  }
}
