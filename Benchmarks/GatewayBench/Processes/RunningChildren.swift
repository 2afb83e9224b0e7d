internal import Glibc

/// The children alive, so that a benchmark that is interrupted leaves none behind.
enum RunningChildren {
  private static let capacity = 16
  // Read by a signal handler, which may not lock: fixed memory, single words, written by one thread.
  nonisolated(unsafe) private static let pids: UnsafeMutablePointer<pid_t> = {
    let pids = UnsafeMutablePointer<pid_t>.allocate(capacity: capacity)
    pids.initialize(repeating: 0, count: capacity)
    return pids
  }()

  static func add(_ pid: pid_t) { replace(0, with: pid) }
  static func remove(_ pid: pid_t) { replace(pid, with: 0) }

  private static func replace(_ old: pid_t, with new: pid_t) {
    for index in 0..<capacity where pids[index] == old {
      pids[index] = new
      return
    }
  }

  /// From now on SIGINT, SIGTERM and SIGHUP end the children first.
  static func endWithThisProcess() {
    _ = pids
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        for index in 0..<RunningChildren.capacity where RunningChildren.pids[index] > 0 { kill(RunningChildren.pids[index], SIGTERM) }
        _exit(128 + number)
      }
    }
  }
}
