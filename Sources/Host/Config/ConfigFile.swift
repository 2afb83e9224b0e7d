/// Reads and checks the file of a source: the part of loading that waits for a disk.
struct ConfigFile: Sendable {
  let source: ConfigSource
  let environment: [String: String]

  /// A document as it was found, not yet read.
  struct Content: Sendable {
    var bytes: [UInt8]
    var state: FileState
    var digest: KeyDigest
    /// Whether a further change could go unnoticed by looking at the file's state alone.
    var isFresh: Bool
    var warnings: [ConfigProblem]
  }

  /// The bytes of the file; read again when it changed meanwhile, a few times.
  func content(of path: String) throws(ConfigError) -> Content {
    for _ in 1..<Limits.Config.readAttempts {
      let content = try contentOnce(of: path)
      if FileState(of: path) == content.state { return content }
    }
    return try contentOnce(of: path)
  }

  private func contentOnce(of path: String) throws(ConfigError) -> Content {
    let now = WallClock.nowUnixNanoseconds()
    let file: (bytes: [UInt8], state: FileState)
    do { file = try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes) } catch { throw unreadable(error) }
    let warnings = try permissionWarnings(file.state, path: path)
    return Content(
      bytes: file.bytes, state: file.state, digest: KeyDigest(of: file.bytes), isFresh: file.state.isFresh(nowUnixNanoseconds: now),
      warnings: warnings)
  }

  /// The typed document as a snapshot.
  func snapshot(of content: Content, path: String, revision: UInt64) throws(ConfigError) -> ConfigSnapshot {
    let directory = FilePath.directory(of: path)
    var (config, warnings) = try ConfigReader.read(content.bytes, file: path, directory: directory)
    if !source.isOwn {
      config.apiKeys = []
      warnings.append(lockedWarning)
    }
    return ConfigSnapshot(
      config: config, revision: revision, source: source, sha256: content.digest.hex, warnings: content.warnings + warnings,
      secrets: SecretExpansion(directory: directory, environment: environment))
  }

  /// The built-in document.
  var defaults: ConfigSnapshot {
    ConfigSnapshot(
      config: GatewayConfig(), revision: 1, source: source, sha256: "", warnings: [lockedWarning],
      secrets: SecretExpansion(directory: FilePath.currentDirectory, environment: environment))
  }

  private var lockedWarning: ConfigProblem {
    ConfigProblem(
      severity: .warning, file: source.description,
      reason: "no configuration of your own was found: there are no keys, so nobody can call the gateway",
      suggestion: ConfigReader.generateHint)
  }

  private func unreadable(_ failure: FileBytes.Failure) -> ConfigError {
    ConfigError(file: failure.path, reason: failure.reason, suggestion: ConfigReader.generateHint)
  }

  /// Keys and secrets must not be readable by others; a file that anybody can write is not believed.
  private func permissionWarnings(_ state: FileState, path: String) throws(ConfigError) -> [ConfigProblem] {
    let fix = "run \"chmod 600 \(path)\""
    if state.mode & 0o002 != 0 { throw ConfigError(file: path, reason: "can be written by every user of this machine", suggestion: fix) }
    guard source.isOwn, state.mode & 0o064 != 0 else { return [] }
    return [ConfigProblem(severity: .warning, file: path, reason: "can be read or written by other users of this machine", suggestion: fix)]
  }
}
