import Foundation
import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 that runs a closure on a thread of its own for each connection. Blocking, so that a test says byte by byte what happens.
final class SocketServer: Sendable {
  let port: Int
  private let listener: Int32
  private let state = Mutex(State())

  private struct State {
    var connections: [Int32] = []
    var accepted = 0
    var isStopped = false
  }

  init(isIPv6: Bool = false, _ serve: @escaping @Sendable (Peer) -> Void) throws {
    listener = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let bound = isIPv6 ? Self.listen(listener, loopback6) : Self.listen(listener, loopback4)
    guard let bound else { throw POSIXError(.EADDRNOTAVAIL) }
    // The port is at the same place in both kinds of address.
    port = Int(UInt16(bigEndian: bound.sin6_port))
    let thread = Thread { [self] in acceptAll(serve) }
    thread.start()
  }

  private static func listen<Address>(_ listener: Int32, _ address: Address) -> sockaddr_in6? {
    var address = address
    var bound = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isListening = withUnsafeBytes(of: &address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) {
        bind(listener, $0.baseAddress, socklen_t(bytes.count)) == 0 && Glibc.listen(listener, 512) == 0
      }
    }
    let isNamed = withUnsafeMutableBytes(of: &bound) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { getsockname(listener, $0.baseAddress, &length) == 0 }
    }
    return isListening && isNamed ? bound : nil
  }

  /// Connections accepted so far.
  var accepted: Int { state.withLock { $0.accepted } }

  /// Breaks every connection; the threads end.
  func stop() {
    let wasStopped = state.withLock { state in
      defer { state.isStopped = true }
      for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
      return state.isStopped
    }
    if !wasStopped { shutdown(listener, Int32(SHUT_RDWR)) }
  }

  /// Refuses connections from now on; those that there are stay.
  func stopListening() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func acceptAll(_ serve: @escaping @Sendable (Peer) -> Void) {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { break }
      let isStopped = state.withLock { state in
        state.accepted += 1
        state.connections.append(connection)
        return state.isStopped
      }
      if isStopped { shutdown(connection, Int32(SHUT_RDWR)) }
      let thread = Thread { [self] in
        serve(Peer(connection))
        state.withLock { state in
          state.connections.removeAll { $0 == connection }
          _ = close(connection)
        }
      }
      thread.start()
    }
    close(listener)
  }
}

private let loopback4 = sockaddr_in(
  sin_family: sa_family_t(AF_INET), sin_port: 0, sin_addr: in_addr(s_addr: UInt32(0x7f00_0001).bigEndian),
  sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
private let loopback6 = sockaddr_in6(
  sin6_family: sa_family_t(AF_INET6), sin6_port: 0, sin6_flowinfo: 0, sin6_addr: in6addr_loopback, sin6_scope_id: 0)

/// One connection of a `SocketServer`.
struct Peer: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    // A test that fails must end.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// A connection to a port of this machine, which the caller leaves open to the end of the process.
  init?(connectingTo port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopback4
    address.sin_port = in_port_t(port).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    self.init(descriptor)
  }

  /// Up to `limit` bytes; empty at the end of the connection.
  func read(_ limit: Int = 64 << 10) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { $1 = max(0, recv(descriptor, $0.baseAddress, limit, 0)) }
  }

  func read(exactly count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = read(count - bytes.count)
      guard !more.isEmpty else { return nil }
      bytes += more
    }
    return bytes
  }

  /// False once the other side is gone.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  func write(_ text: String) -> Bool { write([UInt8](text.utf8)) }

  /// Waits until the other side closes or breaks the connection.
  func awaitEnd() {
    while !read().isEmpty {}
  }

  /// One HTTP/1.1 request with a body of known length; nil at the end of the connection.
  func readRequest() -> ReceivedRequest? {
    var bytes: [UInt8] = []
    while true {
      if let request = ReceivedRequest(bytes) { return request }
      let more = read()
      guard !more.isEmpty else { return nil }
      bytes += more
    }
  }

  func answer(_ status: String = "200 OK", headers: [String] = [], _ body: String = "") {
    let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
    write(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }
}

struct ReceivedRequest: Sendable {
  let method: String
  let target: String
  /// As they came, in order.
  let headers: [String]
  let body: String

  /// Nil if `bytes` is not the whole of it yet.
  init?(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    let length = lines.first { $0.lowercased().hasPrefix("content-length:") }.flatMap {
      Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces))
    }
    let body = text[end.upperBound...]
    guard words.count == 3, body.utf8.count >= length ?? 0 else { return nil }
    (method, target, headers, self.body) = (String(words[0]), String(words[1]), Array(lines.dropFirst()), String(body))
  }

  func header(_ name: String) -> String? {
    headers.first { $0.lowercased().hasPrefix(name + ":") }.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}
