import Foundation
import Synchronization
import Testing

@testable import Host

/// A directory of one test, removed with it.
final class ConfigScratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "config-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("cannot remove \(path): \(error)") }
  }

  var configPath: String { path + "/config.json" }

  /// Overwrites in place: same inode, as a text editor that does not rename, or the original, does.
  func overwrite(_ text: String, at path: String? = nil) throws {
    let path = path ?? configPath
    if !FileManager.default.fileExists(atPath: path) {
      try FileBytes.write([], to: path, mode: 0o600, replacing: false)
    }
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  /// Replaces by rename.
  func replace(_ text: String) throws {
    try FileBytes.write(Array(text.utf8), to: configPath, mode: 0o600, replacing: true)
  }

  func setMode(_ mode: Int, of path: String? = nil) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path ?? configPath)
  }

  func store(log: ConfigLog = ConfigLog()) throws(ConfigError) -> ConfigStore {
    try ConfigStore.load(
      source: ConfigSource(origin: .commandLine, path: configPath), environment: [:], log: Log(sink: log, scope: "config"))
  }
}

/// Keeps what is logged.
final class ConfigLog: LogSink {
  private let records = Mutex<[LogRecord]>([])
  let minimumLevel = LogLevel.trace

  func write(_ record: LogRecord) { records.withLock { $0.append(record) } }

  func count(_ level: LogLevel) -> Int { records.withLock { $0.count { $0.level == level } } }
  var text: String { records.withLock { $0.map { "\($0.level) \($0.message) \($0.fields)" }.joined(separator: "\n") } }
}

extension DirectorySource {
  func record(of key: String) -> KeyRecord? { Array(key.utf8).withUnsafeBytes { findAPIKey($0) } }
}
