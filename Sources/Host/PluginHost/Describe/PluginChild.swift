internal import CLinux
internal import Glibc
internal import NIOCore

/// One run of this binary in a child process that loads a plugin: started with the descriptors it is given and no others, without the gateway's secrets, read
/// to its end, and ended with all that it started.
struct PluginChild {
  /// The binary.
  let path: String
  /// What follows the program's name.
  let arguments: [String]
  /// Descriptors of this process, and the numbers they have in the child.
  let descriptors: [(source: Int32, target: Int32)]
  /// Descriptors of this process for the child's standard output and error; nil: /dev/null.
  var output: Int32?
  var errors: Int32?

  /// How it ended.
  enum End {
    case exit(Int32)
    case signal(Int32)
    /// It was ended at its deadline.
    case hang
  }

  /// Why it did not run.
  struct NotStarted: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
    init(number: Int32) { reason = String(cString: strerror(number)) }
  }

  /// Runs it to its end, at the latest until `deadline`.
  /// - Parameters:
  ///   - answer: the number of the child's descriptor on which it answers.
  ///   - maxAnswerBytes: more is no answer.
  ///   - deadline: nanoseconds of CLOCK_MONOTONIC.
  /// - Returns: nil bytes when it wrote too much or had not finished by the deadline.
  func run(answer: Int32, maxAnswerBytes: Int, until deadline: UInt64) throws(NotStarted) -> (bytes: [UInt8]?, end: End) {
    let (process, answers) = try start(answer)
    defer { close(answers) }
    let bytes = Self.readAnswer(answers, max: maxAnswerBytes, until: deadline)
    return (bytes, try Self.reap(process, until: deadline))
  }

  private func start(_ answer: Int32) throws(NotStarted) -> (pid_t, Int32) {
    var ends: [Int32] = [-1, -1]
    guard smg_pipe(&ends) == 0 else { throw NotStarted(number: errno) }
    defer { close(ends[1]) }
    do throws(NotStarted) {
      return (try spawn(also: [(ends[1], answer)]), ends[0])
    } catch {
      close(ends[0])
      throw error
    }
  }

  /// Starts it. Its end is the caller's to wait for.
  func spawn(also: [(source: Int32, target: Int32)] = []) throws(NotStarted) -> pid_t {
    // Out of the way of the child's numbers.
    let wanted = descriptors + also + [(output, 1), (errors, 2)].compactMap { source, target in source.map { ($0, target) } }
    let copies = wanted.map { (source: fcntl($0.source, F_DUPFD_CLOEXEC, 16), target: $0.target) }
    defer { for copy in copies where copy.source >= 0 { close(copy.source) } }
    var process = pid_t()
    let result = copies.contains { $0.source < 0 } ? errno : spawn(&process, copies)
    guard result == 0 else { throw NotStarted("\(path): \(String(cString: strerror(result)))") }
    return process
  }

  private func spawn(_ process: inout pid_t, _ copies: [(source: Int32, target: Int32)]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    for copy in copies { posix_spawn_file_actions_adddup2(&actions, copy.source, copy.target) }
    smg_spawn_close_from(&actions, (copies.map(\.target).max() ?? 2) + 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A process group of its own, so that what it starts ends with it; signals as a fresh process has them.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return Self.withCStrings(["secure-mcp-gateway"] + arguments) { argv in
      Self.withCStrings(Self.environment) { environment in
        posix_spawn(&process, path, &actions, &attributes, argv, environment)
      }
    }
  }

  /// Of the gateway's environment only what finding libraries needs: it may hold secrets.
  private static var environment: [String] {
    let inherited = ["PATH", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"].compactMap { name in
      getenv(name).map { name + "=" + String(cString: $0) }
    }
    return inherited + ["SWIFT_BACKTRACE=enable=no"]
  }

  private static func withCStrings<Result>(_ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result)
    -> Result
  {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a list that ends in nil is not empty") }
      return body(base)
    }
  }

  /// Everything the child writes; nil when it writes too much or has not finished by the deadline.
  private static func readAnswer(_ descriptor: Int32, max: Int, until deadline: UInt64) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let now = WallClock.monotonicNanoseconds()
      guard now < deadline else { return nil }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
      guard poll(&ready, 1, milliseconds) > 0 else { continue }
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += chunk[..<count]
      guard bytes.count <= max else { return nil }
    }
  }

  /// Waits for the child's end; at the deadline ends it, and whatever it has started.
  private static func reap(_ process: pid_t, until deadline: UInt64) throws(NotStarted) -> End {
    var status: Int32 = 0
    while true {
      let reaped = waitpid(process, &status, WNOHANG)
      if reaped == process { break }
      if reaped < 0, errno != EINTR { throw NotStarted("its end cannot be waited for: \(String(cString: strerror(errno)))") }
      guard WallClock.monotonicNanoseconds() < deadline else {
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return .hang
      }
      var pause = timespec(tv_sec: 0, tv_nsec: 500_000)
      nanosleep(&pause, nil)
    }
    // What it has left behind.
    kill(-process, SIGKILL)
    let signal = status & 0x7F
    return signal != 0 ? .signal(signal) : .exit(status >> 8 & 0xFF)
  }
}

/// A small file without a name that a child is given: what is in it touches neither a disk nor the command line.
enum HandedFile {
  /// An anonymous file with these bytes, read from the start; its closing is the caller's.
  static func make(_ bytes: [UInt8], name: String) throws(PluginChild.NotStarted) -> Int32 {
    let descriptor = smg_memfd_data(name)
    guard descriptor >= 0 else { throw PluginChild.NotStarted(number: errno) }
    guard write(bytes, to: descriptor) else {
      close(descriptor)
      throw PluginChild.NotStarted("\(name) cannot be handed over")
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  /// All of an open file, from where it stands; nil when it cannot be read.
  static func read(_ descriptor: Int32, max: Int = .max) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < max {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, max - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// Writes all of it; false when that is not possible.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
