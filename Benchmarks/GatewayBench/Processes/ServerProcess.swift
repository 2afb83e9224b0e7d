internal import CLinux
internal import Glibc

/// A child of the benchmark: started, watched and ended here.
final class ServerProcess {
  let pid: pid_t
  private var isEnded = false

  /// Where a stream of the child leads.
  enum Stream {
    case null
    case file(String)
    case descriptor(Int32)
  }

  /// - Parameter input: descriptor of the child's standard input; nil: /dev/null.
  init(_ path: String, _ arguments: [String], input: Int32? = nil, output: Stream = .null, errors: Stream) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    Self.add(input.map { .descriptor($0) } ?? .null, 0, O_RDONLY, &actions)
    Self.add(output, 1, O_WRONLY | O_CREAT | O_APPEND, &actions)
    Self.add(errors, 2, O_WRONLY | O_CREAT | O_APPEND, &actions)
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, path, &actions, nil, &argv, environ)
    guard result == 0 else { throw BenchError("\(path) cannot be started: \(SystemText.text(of: result))") }
    pid = child
    RunningChildren.add(pid)
  }

  private static func add(_ stream: Stream, _ number: Int32, _ flags: Int32, _ actions: inout posix_spawn_file_actions_t) {
    switch stream {
    case .null: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
    case .file(let path): posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
    case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    }
  }

  deinit { end() }

  /// True until the process has exited.
  var isRunning: Bool {
    guard !isEnded else { return false }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return true }
    markEnded()
    return false
  }

  /// SIGTERM, and SIGKILL if it has not gone within the time.
  func end(withinSeconds seconds: Double = 15) {
    guard isRunning else { return }
    kill(pid, SIGTERM)
    let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
    while isRunning, MonotonicClock.now() < deadline { usleep(2000) }
    guard !isEnded else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    markEnded()
  }

  private func markEnded() {
    isEnded = true
    RunningChildren.remove(pid)
  }
}
