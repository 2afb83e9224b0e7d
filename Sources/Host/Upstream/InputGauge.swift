internal import Glibc

/// Tells how much of what was written into a pipe has not been read. Keeps the pipe open: to be forgotten before the reader is to see its end.
final class InputGauge: Sendable {
  private let descriptor: CInt

  /// - Parameter input: the end for writing, which stays its owner's.
  init(_ input: CInt) throws(SystemError) {
    descriptor = fcntl(input, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { throw SystemError(call: "fcntl(F_DUPFD_CLOEXEC)", code: errno) }
  }

  deinit { close(descriptor) }

  /// FIONREAD, pipe(7). Also when no reader is left.
  var unreadBytes: Int {
    var unread: CInt = 0
    guard ioctl(descriptor, UInt(FIONREAD), &unread) == 0 else { return 0 }
    return Int(unread)
  }
}
