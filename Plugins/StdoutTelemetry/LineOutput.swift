internal import Glibc
internal import PluginSDK
internal import Synchronization

/// Where the lines go. A reader that takes nothing for a while loses lines instead of holding up the host; one that is gone ends the output.
final class LineOutput: Sendable {
  private struct State {
    var problem: String?
    var droppedBytes = 0
    /// The last thing written is part of a line whose end was dropped.
    var isInsideLine = false
  }
  private let descriptor: Int32
  private let isOwned: Bool
  /// Whether a write may wait for a reader: a pipe, a socket, a terminal.
  private let hasReader: Bool
  private let state = Mutex(State())

  /// How long one batch may wait for the reader altogether.
  private static let maxStallNanoseconds: UInt64 = 1_000_000_000
  /// What a pipe that reports room takes without making the writer wait (pipe(7), PIPE_BUF).
  private static let chunkBytes = 4096

  init(_ target: StdoutConfig.Target) throws {
    switch target {
    case .standardOutput: (descriptor, isOwned) = (STDOUT_FILENO, false)
    case .standardError: (descriptor, isOwned) = (STDERR_FILENO, false)
    case .file(let path):
      // Without O_NONBLOCK a FIFO that nobody reads would hold up the open itself.
      descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0o600)
      isOwned = true
      guard descriptor >= 0 else { throw PluginError.invalid("path: \(path) cannot be opened: \(String(cString: strerror(errno)))") }
    }
    var status = stat()
    let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFIFO
    hasReader = kind == S_IFIFO || kind == S_IFSOCK || isatty(descriptor) == 1
  }

  deinit { if isOwned { close(descriptor) } }

  var isTerminal: Bool { isatty(descriptor) == 1 }
  /// Why nothing is written any more; nil while all is well.
  var problem: String? { state.withLock { $0.problem } }

  func takeDroppedBytes() -> Int {
    state.withLock { state in
      defer { state.droppedBytes = 0 }
      return state.droppedBytes
    }
  }

  /// Writes whole lines. After a line that could not be finished it begins with a line break, so that no two become one. One call at a time.
  /// - Returns: whether everything was written.
  func write(_ lines: [UInt8]) -> Bool {
    let (isInsideLine, isBroken) = state.withLock { ($0.isInsideLine, $0.problem != nil) }
    let bytes = isInsideLine ? [UInt8(ascii: "\n")] + lines : lines
    var problem: String?
    let written = isBroken ? 0 : SignalMask.withoutBrokenPipe { writeSome(bytes, &problem) }
    state.withLock { state in
      if let problem { state.problem = problem }
      if written > 0 { state.isInsideLine = bytes[written - 1] != UInt8(ascii: "\n") }
      state.droppedBytes += bytes.count - written
    }
    return written == bytes.count
  }

  /// - Returns: how many bytes went out before the reader stalled or the output broke.
  private func writeSome(_ bytes: [UInt8], _ problem: inout String?) -> Int {
    let deadline = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds + Self.maxStallNanoseconds)
    return bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        guard let count = writeOnce(rest, deadline, &problem) else { break }
        written += count
      }
      return written
    }
  }

  /// nil when nothing more can be written now, or ever.
  private func writeOnce(_ bytes: UnsafeRawBufferPointer, _ deadline: MonotonicTime, _ problem: inout String?) -> Int? {
    while !hasReader || hasRoom(before: deadline) {
      let count = Glibc.write(descriptor, bytes.baseAddress, hasReader ? min(bytes.count, Self.chunkBytes) : bytes.count)
      if count > 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN: guard hasRoom(before: deadline) else { return nil }
      default:
        problem = "writing failed: \(String(cString: strerror(errno)))"
        return nil
      }
    }
    return nil
  }

  private func hasRoom(before deadline: MonotonicTime) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      let ready = Glibc.poll(&poll, 1, Int32(deadline.nanosecondsLeft / 1_000_000))
      if ready < 0, errno == EINTR { continue }
      return ready > 0
    }
  }
}

/// A reader that is gone must be an error of `write`, not a signal that ends the gateway.
private enum SignalMask {
  /// Runs `body` with SIGPIPE held back from this thread, and takes away the one that it may have raised.
  static func withoutBrokenPipe<Result>(_ body: () -> Result) -> Result {
    var brokenPipe = sigset_t()
    var (before, pending) = (sigset_t(), sigset_t())
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
    defer {
      var none = timespec()
      if !wasPending { while sigtimedwait(&brokenPipe, nil, &none) < 0, errno == EINTR {} }
      pthread_sigmask(SIG_SETMASK, &before, nil)
    }
    return body()
  }
}
