internal import Glibc
internal import JSON

/// The one writer of the configuration file. A change is made under a lock that all processes honour, on the version that is on disk at that moment; it is
/// checked by the reader that `serve` uses; and it takes the file's place at one stroke, with the version before it kept as a backup. So there is always one
/// whole valid version, whenever a writer is killed, and no change that was acknowledged is lost.
package struct DocumentStore: Sendable {
  /// The file, links followed.
  package let path: String

  package init(path: String) { self.path = FilePath.resolvingLinks(path) }

  /// What became of a change.
  package struct Commit<Result: Sendable>: Sendable {
    package var result: Result
    package var before: ConfigDocument
    /// The new version; the same as before when nothing was to be changed.
    package var bytes: [UInt8]
    package var revision: String
    /// Where the version before is kept; nil when nothing was written.
    package var backup: String?
    package var isChanged: Bool { revision != before.revision }
  }

  /// What is written when.
  package struct Terms: Sendable {
    /// The revision that the change was thought out for; another one refuses it.
    package var expectedRevision: String?
    /// Compute and check, and write nothing.
    package var isDryRun = false
    /// After `.bkp.`, before the time.
    package var backupTag = ""
    /// Called with the revisions before and after, when the change is certain to be tried: what it throws refuses the change.
    package var record: @Sendable (_ before: String, _ after: String) throws -> Void = { _, _ in }

    package init() {}
  }

  package func read() throws -> ConfigDocument {
    let file: (bytes: [UInt8], state: FileState)
    do throws(FileBytes.Failure) {
      file = try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes)
    } catch  where error.code == ENOENT {
      var missing = GatewayError(
        .configurationMissing, "There is no configuration file \(path).",
        suggestions: ["Write one with `secure-mcp-gateway generate-config`, or name one with --config."])
      missing.httpStatus = 500
      throw missing
    } catch {
      throw GatewayError(.configurationInvalid, "The configuration cannot be read: \(error)")
    }
    if file.state.mode & 0o002 != 0 {
      throw ConfigError(file: path, reason: "can be written by every user of this machine", suggestion: "run \"chmod 600 \(path)\"")
    }
    let root = try ConfigReader.parse(file.bytes, file: path)
    guard root.kind == .object else { throw ConfigError(file: path, reason: "expected an object, found \(root.kind)") }
    return ConfigDocument(path: path, root: root, bytes: file.bytes, revision: KeyDigest(of: file.bytes).hex, state: file.state)
  }

  /// Changes the document as `change` says. Waits for other writers, up to `Limits.Config.lockTimeout`.
  /// - Throws: `GatewayError` when the change is refused, or what `change` throws; then nothing was changed.
  package func edit<Result: Sendable>(
    _ terms: Terms, _ change: (_ document: ConfigDocument, _ edit: inout EditableJSON) throws -> Result
  ) throws -> Commit<Result> {
    let lock = try FileLock.take(of: path)
    defer { withExtendedLifetime(lock) {} }
    StagedFile.removeLeftovers(of: path)
    for _ in 0..<Limits.Config.readAttempts {
      if let commit = try attempt(terms, change) { return commit }
    }
    throw GatewayError(
      .unavailable, "\(path) is being changed by an editor or another program; nothing was changed.", suggestions: ["Try again."])
  }

  /// Nil when the file was changed meanwhile by somebody who does not know the lock.
  private func attempt<Result: Sendable>(
    _ terms: Terms, _ change: (ConfigDocument, inout EditableJSON) throws -> Result
  ) throws -> Commit<Result>? {
    let before = try read()
    try expect(terms.expectedRevision, before)
    var edit = EditableJSON(before.root)
    let result = try change(before, &edit)
    if let place = edit.misfit {
      throw GatewayError(
        .configurationValidationFailed, "Nothing was changed, because \(place.isEmpty ? "/" : place) is not what belongs there.",
        suggestions: ["`secure-mcp-gateway config validate` shows what is wrong with it."])
    }
    let bytes = edit.isChanged ? edit.serialized() : before.bytes
    var commit = Commit(result: result, before: before, bytes: bytes, revision: KeyDigest(of: bytes).hex, backup: nil)
    guard commit.isChanged else { return commit }
    try check(bytes, before: before)
    if !terms.isDryRun {
      guard let backup = try put(bytes, revision: commit.revision, before: before, terms) else { return nil }
      commit.backup = backup
    }
    return commit
  }

  func expect(_ revision: String?, _ document: ConfigDocument) throws(GatewayError) {
    guard let revision, revision != document.revision else { return }
    var changed = GatewayError(
      .configurationInvalid, "The configuration is not the one that this change was made for; nothing was changed.",
      suggestions: ["Its revision is now \(document.revision): look at it again, then repeat the change."])
    changed.httpStatus = 412
    throw changed
  }

  /// The new version must be one that `serve` takes.
  private func check(_ bytes: [UInt8], before: ConfigDocument) throws(GatewayError) {
    let directory = FilePath.directory(of: path)
    do throws(ConfigError) {
      _ = try ConfigReader.read(bytes, file: path, directory: directory)
    } catch {
      throw GatewayError(
        .configurationValidationFailed, "Nothing was changed, because the configuration would be wrong:\n" + Self.places(error),
        suggestions: isRight(before) ? [] : ["It is wrong as it stands: `secure-mcp-gateway config validate` shows where."])
    }
  }

  /// Without lines and columns, which would be those of a text that nobody sees.
  private static func places(_ error: ConfigError) -> String {
    let lines = error.problems.map { problem in
      "  \(problem.pointer.isEmpty ? "/" : problem.pointer): \(problem.reason)" + (problem.suggestion.map { " (\($0))" } ?? "")
    }
    return (lines + (error.omitted > 0 ? ["  … and \(error.omitted) more"] : [])).joined(separator: "\n")
  }

  private func isRight(_ document: ConfigDocument) -> Bool {
    do throws(ConfigError) {
      _ = try ConfigReader.read(document.bytes, file: path, directory: FilePath.directory(of: path))
      return true
    } catch { return false }
  }

  /// Returns the path of the backup; nil, and nothing is written, when the file is no longer the one that was read.
  private func put(_ bytes: [UInt8], revision: String, before: ConfigDocument, _ terms: Terms) throws -> String? {
    do {
      let staged = try StagedFile.write(bytes, for: path, mode: 0o600, owner: path)
      guard FileState(of: path) == before.state else { return nil }
      try terms.record(before.revision, revision)
      let backups = BackupFiles(of: path, tag: terms.backupTag)
      let backup = try backups.keep(before.bytes)
      try staged.replace()
      backups.prune()
      return backup
    } catch let failure as FileBytes.Failure {
      throw GatewayError(.configurationInvalid, "The configuration cannot be written: \(failure)")
    }
  }
}
