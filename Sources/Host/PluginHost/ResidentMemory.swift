internal import Glibc

/// What a process has in memory now (proc(5), `statm`).
enum ResidentMemory {
  /// Nil when there is no such process.
  static func bytes(ofProcess id: Int32) -> Int? {
    guard id > 0 else { return nil }
    let descriptor = open("/proc/\(id)/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &text, text.count)
    let fields = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
