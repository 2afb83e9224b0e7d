internal import Glibc

/// Files of keys by which plugins are signed.
enum KeyFile {
  /// `-` is standard input.
  static func read(_ path: String) throws -> [UInt8] {
    if path == "-" { return try InputText.file(path) }
    do throws(FileBytes.Failure) { return try FileBytes.read(path, maxBytes: Limits.Plugin.maxKeyFileBytes).bytes } catch {
      throw GatewayError(.toolInvalidArguments, "The key cannot be read: \(error).")
    }
  }

  /// A private key: one that others can read is none any more.
  static func privateKey(_ path: String) throws -> SigningKey {
    if path != "-" {
      var info = stat()
      guard stat(path, &info) == 0 else {
        throw GatewayError(.toolInvalidArguments, "The key cannot be read: \(path): \(String(cString: strerror(errno))).")
      }
      guard info.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
        throw GatewayError(
          .toolInvalidArguments, "The private key \(path) can be read or changed by others than its owner, so it is not used.",
          suggestions: ["chmod 600 \(path), and make a new key if somebody may have read it."])
      }
    }
    return try SigningKey.read(pem: read(path), from: path == "-" ? "standard input" : path)
  }
}
