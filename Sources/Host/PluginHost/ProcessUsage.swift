internal import Glibc

/// What a process takes now (proc(5)). Nil when there is no such process, or the system does not tell.
enum ProcessUsage {
  /// Resident.
  static func bytes(ofProcess id: Int32) -> Int? {
    let fields = text(ofProcess: id, "statm")?.split(separator: " ") ?? []
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  static func threads(ofProcess id: Int32) -> Int? {
    // The second field is a name in parentheses with anything in it; `num_threads` is the twentieth.
    guard let text = text(ofProcess: id, "stat"), let name = text.lastIndex(of: ")") else { return nil }
    let fields = text[name...].split(separator: " ")
    return fields.count > 18 ? Int(fields[18]) : nil
  }

  private static func text(ofProcess id: Int32, _ file: String) -> String? {
    guard id > 0 else { return nil }
    let descriptor = open("/proc/\(id)/\(file)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
