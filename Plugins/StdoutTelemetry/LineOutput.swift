internal import Glibc
internal import PluginSDK
internal import Synchronization

/// Where the lines go. A reader that takes nothing for a while loses lines instead of holding up the host; one that is gone ends the output.
final class LineOutput: Sendable {
  private struct State {
    var problem: String?
    var droppedBytes = 0
  }
  private let descriptor: Int32
  private let isOwned: Bool
  private let isPipe: Bool
  private let state = Mutex(State())

  /// How long a reader may take nothing, in milliseconds.
  private static let stallMilliseconds: Int32 = 1000
  /// What a pipe that reports room takes without making the writer wait (pipe(7), PIPE_BUF).
  private static let pipeChunkBytes = 4096

  init(_ target: StdoutConfig.Target) throws {
    switch target {
    case .standardOutput: (descriptor, isOwned) = (STDOUT_FILENO, false)
    case .standardError: (descriptor, isOwned) = (STDERR_FILENO, false)
    case .file(let path):
      descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
      isOwned = true
      guard descriptor >= 0 else { throw PluginError.invalid("path: \(path) cannot be opened: \(String(cString: strerror(errno)))") }
    }
    var status = stat()
    isPipe = fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK)
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

  /// - Returns: whether everything was written.
  func write(_ bytes: [UInt8]) -> Bool {
    guard problem == nil else { return drop(bytes.count) }
    return bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = step(UnsafeRawBufferPointer(rebasing: rest))
        guard count > 0 else { return drop(rest.count) }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Writes once. - Returns: how many bytes; 0 when nothing more can be written now.
  private func step(_ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      if isPipe, !hasRoom() { return 0 }
      let count = Glibc.write(descriptor, bytes.baseAddress, isPipe ? min(bytes.count, Self.pipeChunkBytes) : bytes.count)
      if count > 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN: if !hasRoom() { return 0 }
      default:
        let reason = String(cString: strerror(errno))
        state.withLock { $0.problem = "writing failed: \(reason)" }
        return 0
      }
    }
  }

  private func hasRoom() -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while true {
      let ready = Glibc.poll(&poll, 1, Self.stallMilliseconds)
      if ready < 0, errno == EINTR { continue }
      return ready > 0
    }
  }

  private func drop(_ count: Int) -> Bool {
    state.withLock { $0.droppedBytes += count }
    return false
  }
}
