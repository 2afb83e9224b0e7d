internal import CLinux
internal import Glibc

/// A file descriptor that is closed when its owner forgets about it.
struct OwnedDescriptor: ~Copyable {
  let number: CInt

  init(_ number: CInt) { self.number = number }

  deinit { close(number) }

  /// The caller closes it from now on.
  consuming func release() -> CInt {
    let number = self.number
    discard self
    return number
  }
}

/// The two ends of a pipe or of a pair of connected sockets, both closed on exec.
struct DescriptorPair: ~Copyable {
  var gateway: OwnedDescriptor
  var child: OwnedDescriptor

  /// Data flows from the gateway to the child.
  static func towardsChild() throws(SystemError) -> DescriptorPair {
    let (read, write) = try pipe()
    return try DescriptorPair(gateway: write, movingChild: read)
  }

  /// Data flows from the child to the gateway.
  static func fromChild() throws(SystemError) -> DescriptorPair {
    let (read, write) = try pipe()
    return try DescriptorPair(gateway: read, movingChild: write)
  }

  static func sockets() throws(SystemError) -> DescriptorPair {
    var numbers: [CInt] = [-1, -1]
    let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &numbers) == 0 else { throw SystemError(call: "socketpair") }
    return try DescriptorPair(gateway: numbers[0], movingChild: numbers[1])
  }

  /// The child's end moves above the numbers it will have in the child, so that putting one in its place never overwrites another.
  private init(gateway: CInt, movingChild child: CInt) throws(SystemError) {
    self.gateway = OwnedDescriptor(gateway)
    let original = OwnedDescriptor(child)
    let moved = fcntl(original.number, F_DUPFD_CLOEXEC, 10)
    guard moved >= 0 else { throw SystemError(call: "fcntl") }
    self.child = OwnedDescriptor(moved)
  }

  private static func pipe() throws(SystemError) -> (read: CInt, write: CInt) {
    var numbers: [CInt] = [-1, -1]
    guard smg_pipe(&numbers) == 0 else { throw SystemError(call: "pipe2") }
    return (numbers[0], numbers[1])
  }
}

/// A system call that failed.
struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  let call: String
  let code: CInt

  init(call: String, code: CInt = errno) {
    self.call = call
    self.code = code
  }

  var description: String { "\(call): \(Self.text(code))" }

  /// The system's words for an error number, for example "No such file or directory".
  static func text(_ code: CInt) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
