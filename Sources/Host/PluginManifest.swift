internal import Glibc

/// `plugins.sha256` in the plugin folder, as sha256sum(1) writes it: the libraries that were built and installed together with the gateway. They are trusted
/// on its event loops; the file counts only if nobody but its owner could have written it.
enum PluginManifest {
  static let fileName = "plugins.sha256"
  private static let maxBytes = 64 << 10

  /// SHA-256 of each library, lower-case hex; empty without a usable manifest.
  static func hashes(in folder: String, log: Log) -> Set<String> {
    let path = folder + "/" + fileName
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var status = stat()
    let isOwned = fstat(descriptor, &status) == 0 && (status.st_uid == 0 || status.st_uid == geteuid()) && status.st_mode & 0o022 == 0
    guard isOwned, status.st_mode & S_IFMT == S_IFREG, status.st_size <= maxBytes else {
      log.warning("The plugin manifest is ignored: it must be a file that only root or the gateway's user can write", ["path": path])
      return []
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return Set(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").compactMap(hash))
  }

  private static func hash(of line: Substring) -> String? {
    let digest = line.prefix { $0 != " " }
    return digest.count == 64 && digest.utf8.allSatisfy { Hex.value($0) != nil } ? digest.lowercased() : nil
  }
}

extension PluginSettings {
  init(_ config: PluginsConfig, executable: ExecutablePath, log: Log) {
    let folders = config.searchPaths ?? [executable.defaultPluginFolder]
    self.init(
      searchPaths: folders, trust: config.trust, trustedInlineHashes: PluginManifest.hashes(in: executable.defaultPluginFolder, log: log),
      describerPath: executable.path)
  }
}
