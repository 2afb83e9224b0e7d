internal import CLinux
internal import Glibc
internal import NIOCore

/// Runs a child of this binary that loads a library and tells what it is, so that a library that crashes, hangs or ends its process when it is loaded
/// does so there.
struct DescriberProcess {
  let settings: PluginSettings
  let image: SealedImage

  /// Descriptors of the child; the rest is closed.
  enum Descriptor {
    static let image: Int32 = 3
    static let answer: Int32 = 4
    static let config: Int32 = 5
  }

  /// Loads the library in a child and reads its tables there.
  func describe(path: String) throws(PluginRefusal) -> PluginDescription {
    let outcome = run(arguments: [], config: [], timeout: settings.describeTimeout)
    let reason: String
    switch outcome {
    case .success(.described(let description)): return description
    case .success(.refused(let problem)): throw PluginRefusal(path: path, rule: problem.rule, reason: problem.reason, fix: problem.fix)
    case .success: reason = "gives garbage when loaded"
    case .failure(let failure): reason = failure.text(doing: "loaded")
    }
    throw PluginRefusal(path: path, rule: .describe, reason: reason, fix: "the library is faulty; do not use it")
  }

  /// Creates an instance in a child, to see whether that can be survived.
  /// - Returns: nil when it went well, otherwise why not.
  func tryCreate(_ kind: ProviderKind, _ name: String, config: [UInt8], timeout: TimeAmount) -> String? {
    switch run(arguments: [kind.rawValue, name], config: config, timeout: timeout) {
    case .success(.created): nil
    case .success(.notCreated(let reason)): reason
    case .success(.refused(let problem)): problem.reason
    case .success(.described): "the child answered something else"
    case .failure(let failure): failure.text(doing: "created")
    }
  }

  // MARK: The child

  enum Failure: Error {
    case notStarted(String)
    case signal(Int32)
    case exit(Int32)
    case hang(TimeAmount)
    case garbage

    func text(doing what: String) -> String {
      switch self {
      case .notStarted(let reason): "the describing process cannot be started: \(reason)"
      case .signal(let number): "crashes when \(what): signal \(number) (\(strsignal(number).map { String(cString: $0) } ?? "unknown"))"
      case .exit(let status): "ends the process when \(what): exit status \(status)"
      case .hang(let time): "does not return within \(time.nanoseconds / 1_000_000) ms when \(what)"
      case .garbage: "gives garbage when \(what)"
      }
    }
  }

  private func run(arguments: [String], config: [UInt8], timeout: TimeAmount) -> Result<DescriberAnswer, Failure> {
    let deadline = InstanceCore.soon(timeout)
    do throws(Failure) {
      let configFile = try Self.file(with: config)
      defer { close(configFile) }
      let (process, answers) = try start(arguments, config: configFile)
      defer { close(answers) }
      let bytes = Self.readAnswer(answers, until: deadline)
      let status = try Self.reap(process, until: deadline, timeout)
      if let failure = Self.failure(status) { throw failure }
      guard let bytes, let answer = DescriberAnswer(bytes) else { throw .garbage }
      return .success(answer)
    } catch {
      return .failure(error)
    }
  }

  private static func failure(_ status: Int32) -> Failure? {
    let signal = status & 0x7F
    if signal != 0 { return .signal(signal) }
    let code = status >> 8 & 0xFF
    return code == 0 ? nil : .exit(code)
  }

  /// An anonymous file with the configuration: secrets touch neither a disk nor the command line.
  private static func file(with bytes: [UInt8]) throws(Failure) -> Int32 {
    let descriptor = smg_memfd_data("smg:config")
    guard descriptor >= 0 else { throw .notStarted(String(cString: strerror(errno))) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        close(descriptor)
        throw .notStarted("its configuration cannot be handed over")
      }
      rest = rest.dropFirst(count)
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  private func start(_ arguments: [String], config: Int32) throws(Failure) -> (pid_t, Int32) {
    var ends: [Int32] = [-1, -1]
    guard smg_pipe(&ends) == 0 else { throw .notStarted(String(cString: strerror(errno))) }
    defer { close(ends[1]) }
    // Out of the way of the child's numbers.
    let sources = [image.descriptor, ends[1], config].map { fcntl($0, F_DUPFD_CLOEXEC, 16) }
    defer { for source in sources where source >= 0 { close(source) } }
    var process = pid_t()
    let result = sources.contains(-1) ? errno : spawn(&process, arguments, sources)
    guard result == 0 else {
      close(ends[0])
      throw .notStarted("\(settings.describerPath): \(String(cString: strerror(result)))")
    }
    return (process, ends[0])
  }

  private func spawn(_ process: inout pid_t, _ arguments: [String], _ sources: [Int32]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    for (source, target) in zip(sources, [Descriptor.image, Descriptor.answer, Descriptor.config]) {
      posix_spawn_file_actions_adddup2(&actions, source, target)
    }
    smg_spawn_close_from(&actions, Descriptor.config + 1)
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
    let argv = ["secure-mcp-gateway", PluginDescriber.verb] + arguments
    return Self.withCStrings(argv) { argv in
      Self.withCStrings(Self.environment) { environment in
        posix_spawn(&process, settings.describerPath, &actions, &attributes, argv, environment)
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
  private static func readAnswer(_ descriptor: Int32, until deadline: UInt64) -> [UInt8]? {
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
      guard bytes.count <= Limits.Plugin.maxDescriptorBytes else { return nil }
    }
  }

  /// Waits for the child's end; at the deadline ends it, and whatever it has started.
  private static func reap(_ process: pid_t, until deadline: UInt64, _ timeout: TimeAmount) throws(Failure) -> Int32 {
    var status: Int32 = 0
    while true {
      let reaped = waitpid(process, &status, WNOHANG)
      if reaped == process { break }
      if reaped < 0, errno != EINTR { throw .notStarted("its end cannot be waited for: \(String(cString: strerror(errno)))") }
      guard WallClock.monotonicNanoseconds() < deadline else {
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        throw .hang(timeout)
      }
      var pause = timespec(tv_sec: 0, tv_nsec: 500_000)
      nanosleep(&pause, nil)
    }
    // What it has left behind.
    kill(-process, SIGKILL)
    return status
  }
}
