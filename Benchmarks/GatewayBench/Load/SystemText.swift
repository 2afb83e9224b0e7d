internal import Glibc

enum SystemText {
  /// What `errno` says.
  static var lastError: String { text(of: errno) }

  static func text(of code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

  /// Of this program.
  static var executablePath: String {
    guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
    defer { free(path) }
    return String(cString: path)
  }

  /// A whole small file, such as those of /proc; nil when it cannot be read.
  static func file(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else { return nil }
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += chunk[..<count]
    }
  }
}
