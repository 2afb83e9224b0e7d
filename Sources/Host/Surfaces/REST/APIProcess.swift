internal import CLinux
internal import Glibc
internal import NIOCore

/// The process that serves the API of one configuration on one port: known by a lock that only it can hold, so that no other is ever taken for it.
struct APIProcess {
  private let path: String
  private let port: Int

  init(configPath: String, port: Int) {
    let config = FilePath.resolvingLinks(configPath)
    path = "\(FilePath.directory(of: config))/.\(FilePath.name(of: config)).api-\(port).pid"
    self.port = port
  }

  /// The mark of the process that it is this one; gone with the process, however that ends.
  final class Mark: Sendable {
    private let descriptor: Int32
    private let path: String

    fileprivate init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    deinit {
      unlink(path)
      close(descriptor)
    }
  }

  func mark() throws(GatewayError) -> Mark {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("opened") }
    var lock = Self.lock
    let text = "\(getpid())\n"
    guard fcntl(descriptor, F_SETLK, &lock) == 0, ftruncate(descriptor, 0) == 0, text.withCString({ write(descriptor, $0, strlen($0)) }) > 0
    else {
      let failure = failure("taken")
      close(descriptor)
      throw failure
    }
    return Mark(descriptor: descriptor, path: path)
  }

  private func failure(_ verb: String) -> GatewayError {
    GatewayError(.unavailable, "The file \(path) cannot be \(verb): \(String(cString: strerror(errno))).")
  }

  private static var lock: flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }

  /// Who holds the lock, as the kernel says it; nil: nobody.
  private func holder() throws(GatewayError) -> pid_t? {
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("opened")
    }
    defer { close(descriptor) }
    var lock = Self.lock
    guard fcntl(descriptor, F_GETLK, &lock) == 0 else { throw failure("looked at") }
    return lock.l_type == Int16(F_UNLCK) || lock.l_pid <= 0 ? nil : lock.l_pid
  }

  /// Asks the process to end, and waits until it has. With `force`, ends it when it does not in time.
  func stop(force: Bool) throws(GatewayError) {
    guard let process = try holder() else { throw nobody }
    let handle = smg_pidfd_open(process)
    guard handle >= 0 else { throw failure("followed to its process") }
    defer { close(handle) }
    // The handle is of the process that holds the lock, and not of one that took its number meanwhile.
    guard try holder() == process else { throw nobody }
    guard smg_pidfd_signal(handle, SIGTERM) == 0 else { throw cannotSignal(process) }
    if try ended(process, within: Limits.REST.stopTimeout) { return }
    guard force else {
      throw GatewayError(
        .unavailable, "Process \(process), which serves the REST API on port \(port), has not ended yet.",
        suggestions: ["End it with --force."])
    }
    guard smg_pidfd_signal(handle, SIGKILL) == 0 else { throw cannotSignal(process) }
    guard try ended(process, within: Limits.REST.stopTimeout) else {
      throw GatewayError(.unavailable, "Process \(process) does not end.")
    }
  }

  private var nobody: GatewayError {
    GatewayError(
      .unavailable, "No REST API that `system start-api` started with this configuration serves port \(port).",
      suggestions: ["Give the port that it printed with --port. An API that `serve` serves stops with it."])
  }

  private func cannotSignal(_ process: pid_t) -> GatewayError {
    GatewayError(.unavailable, "Process \(process) cannot be ended: \(String(cString: strerror(errno))).")
  }

  private func ended(_ process: pid_t, within time: TimeAmount) throws(GatewayError) -> Bool {
    let deadline = NIODeadline.now() + time
    while try holder() == process {
      guard .now() < deadline else { return false }
      usleep(20_000)
    }
    return true
  }
}
