internal import Glibc

/// What the kernel knows about a running process.
struct ProcessUsage: Sendable {
  let pid: pid_t

  /// Processor time of all its threads, ended ones included, in nanoseconds; 0 when it is gone.
  var cpuNanoseconds: UInt64 {
    var clock = clockid_t()
    guard clock_getcpuclockid(pid, &clock) == 0 else { return 0 }
    return MonotonicClock.read(clock)
  }

  /// Resident memory now, in MB of 2^20 bytes.
  var residentMB: Double { kilobytes("VmRSS:") / 1024 }
  /// The most it ever was.
  var peakResidentMB: Double { kilobytes("VmHWM:") / 1024 }

  private func kilobytes(_ name: String) -> Double {
    guard let status = SystemText.file("/proc/\(pid)/status") else { return 0 }
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Double($0.filter(\.isNumber)) } ?? 0
  }

  /// The first process below this one that was started with this first argument.
  func descendant(withArgument argument: String) -> ProcessUsage? {
    var parents: [pid_t: pid_t] = [:]
    guard let directory = opendir("/proc") else { return nil }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), let stat = SystemText.file("/proc/\(pid)/stat") else { continue }
      // pid (name) state ppid …; the name may hold anything.
      let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
      if fields.count > 1 { parents[pid] = pid_t(fields[1]) }
    }
    for pid in parents.keys.sorted() where Self.isBelow(self.pid, pid, parents) {
      let arguments = SystemText.file("/proc/\(pid)/cmdline")?.split(separator: "\0") ?? []
      if arguments.count > 1, arguments[1] == argument { return ProcessUsage(pid: pid) }
    }
    return nil
  }

  private static func isBelow(_ ancestor: pid_t, _ pid: pid_t, _ parents: [pid_t: pid_t]) -> Bool {
    var current = pid
    for _ in 0..<16 {
      guard let parent = parents[current] else { return false }
      if parent == ancestor { return true }
      current = parent
    }
    return false
  }
}
