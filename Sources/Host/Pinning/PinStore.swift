internal import Glibc
internal import JSON
package import NIOCore

/// The one writer of the file of pins, which stands beside the configuration and is the gateway's own. Like that of the configuration, a change is made under
/// a lock that all processes honour, on the version that is on disk at that moment, and takes the file's place at one stroke.
package struct PinStore: Sendable {
  package let path: String

  /// The pins of the configuration file at `configPath`, links followed.
  package init(configPath: String) { path = FilePath.resolvingLinks(configPath) + ".pins.json" }

  /// One version of the file.
  struct Version: Sendable {
    var document: PinDocument
    /// SHA-256 of the file; of no bytes when there is none.
    var revision: String
    var state: FileState?
    var isFresh = false
  }

  package struct Commit<Result: Sendable>: Sendable {
    package var result: Result
    package var before: String
    package var after: String
    var version: Version
  }

  func read() throws(GatewayError) -> Version {
    let file: (bytes: [UInt8], state: FileState)
    let now = WallClock.nowUnixNanoseconds()
    do throws(FileBytes.Failure) {
      file = try FileBytes.read(path, maxBytes: Limits.Pinning.maxFileBytes)
    } catch  where error.code == ENOENT {
      return Version(document: PinDocument(), revision: KeyDigest(of: []).hex, state: nil)
    } catch {
      throw failure("cannot be read", "\(error)")
    }
    guard file.state.mode & 0o022 == 0 else {
      throw failure("can be written by others than its owner", nil, "Look at what it says, then run \"chmod 600 \(path)\".")
    }
    do throws(PinDocument.Malformed) {
      return Version(
        document: try PinDocument(file.bytes), revision: KeyDigest(of: file.bytes).hex, state: file.state,
        isFresh: file.state.isFresh(nowUnixNanoseconds: now))
    } catch {
      throw failure(
        error.description, nil, "Put a good copy in its place, or move it away: what servers say next is then accepted as first seen.")
    }
  }

  private func failure(_ reason: String, _ cause: String?, _ remedy: String? = nil) -> GatewayError {
    GatewayError(
      .configurationInvalid, "The file of pins \(path) \(reason).", cause: cause, suggestions: remedy.map { [$0] } ?? [])
  }

  /// Changes the pins as `change` says. Waits for other writers, up to `lockTimeout`.
  package func edit<Result: Sendable>(
    _ terms: DocumentStore.Terms, lockTimeout: TimeAmount = Limits.Config.lockTimeout, _ change: (inout PinDocument) throws -> Result
  ) throws -> Commit<Result> {
    let lock = try FileLock.take(of: path, deadline: .now() + lockTimeout)
    defer { withExtendedLifetime(lock) {} }
    StagedFile.removeLeftovers(of: path)
    let before = try read()
    if let expected = terms.expectedRevision, expected != before.revision {
      throw GatewayError(
        .configurationInvalid, "The pins are not those that this change was made for; nothing was changed.",
        suggestions: ["Their revision is now \(before.revision): look at them again, then repeat the change."])
    }
    var document = before.document
    let result = try change(&document)
    let bytes = document.serialized()
    guard bytes.count <= Limits.Pinning.maxFileBytes else {
      throw failure(
        "would be larger than \(Limits.Pinning.maxFileBytes) bytes", nil, "`tools reset` takes out what is not needed any more.")
    }
    let revision = KeyDigest(of: bytes).hex
    var commit = Commit(result: result, before: before.revision, after: revision, version: before)
    guard revision != before.revision, !terms.isDryRun else { return commit }
    try terms.record(before.revision, revision)
    commit.version = try put(document, bytes, revision)
    return commit
  }

  private func put(_ document: PinDocument, _ bytes: [UInt8], _ revision: String) throws(GatewayError) -> Version {
    do throws(FileBytes.Failure) {
      let owner = FileState(of: path) == nil ? String(path.dropLast(".pins.json".count)) : path
      let staged = try StagedFile.write(bytes, for: path, mode: 0o600, owner: owner)
      try staged.replace()
    } catch {
      throw failure("cannot be written", "\(error)")
    }
    return Version(document: document, revision: revision, state: FileState(of: path), isFresh: true)
  }
}
