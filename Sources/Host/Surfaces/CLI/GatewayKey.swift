internal import Glibc

/// A gateway key for a command: from a file, from standard input or from the environment; never from an argument, which other users can see.
enum GatewayKey {
  static let variable = "ENKRYPT_GATEWAY_KEY"
  private static let maxBytes = 4096

  /// Of an administrator.
  static let adminVariable = "ENKRYPT_ADMIN_KEY"

  static func read(file: String?, variable: String = variable) throws(GatewayError) -> String {
    let text: String
    if let file {
      text = try contents(of: file)
    } else {
      guard let value = getenv(variable) else {
        throw GatewayError(
          .invalidCredentials, variable == adminVariable ? "No administrator's key." : "No gateway key.",
          suggestions: ["Set \(variable), or name a file with --key-file (- for standard input)."])
      }
      text = String(cString: value)
    }
    let key = text.filter { !$0.isWhitespace }
    guard !key.isEmpty else { throw GatewayError(.invalidCredentials, "The gateway key is empty.") }
    return key
  }

  /// The key that `generate-config` left beside the file that it wrote.
  static func stored(beside configPath: String) -> String? {
    let path = FilePath.directory(of: configPath) + "/gateway_key"
    guard access(path, R_OK) == 0 else { return nil }
    do throws(GatewayError) { return try read(file: path) } catch { return nil }
  }

  private static func contents(of file: String) throws(GatewayError) -> String {
    let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw GatewayError(.invalidCredentials, "The key file \(file) cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { if file != "-" { close(descriptor) } }
    var buffer = [UInt8](repeating: 0, count: maxBytes)
    var count = 0
    while count < maxBytes {
      let read = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), maxBytes - count) }
      if read < 0, errno == EINTR { continue }
      guard read > 0 else { break }
      count += read
    }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
