internal import NIOPosix
internal import Synchronization

/// The live configuration. Readers take an immutable snapshot; an edit of the file takes effect at the next `current()`; an edit that is wrong is refused
/// whole and changes nothing.
package final class ConfigStore: Sendable, DirectorySource {
  /// Tells of a change before it takes effect, for instance to bind plugins anew. When it throws, the change is refused. It bounds its own waiting.
  package typealias ChangeHook = @Sendable (_ new: ConfigSnapshot, _ old: ConfigSnapshot) async throws -> Void

  package let source: ConfigSource
  private let file: ConfigFile
  private let log: Log
  private let state: Mutex<State>

  private struct State {
    var snapshot: ConfigSnapshot
    /// The file as last examined, whatever came of it; nil when it was missing.
    var examined: FileState?
    var isFresh: Bool
    /// Digest of a document that was refused.
    var refused: KeyDigest?
    var lastError: ConfigError?
    var reload: Task<Void, Never>?
    var hook: ChangeHook?
  }

  /// Loads the configuration for the first time. Throws every mistake that is in it.
  package static func load(source: ConfigSource, environment: [String: String], log: Log) throws(ConfigError) -> ConfigStore {
    let file = ConfigFile(source: source, environment: environment)
    guard let path = source.path else { return ConfigStore(file, log, State(snapshot: file.defaults, isFresh: false)) }
    let content = try file.content(of: path)
    let snapshot = try file.snapshot(of: content, path: path, revision: 1)
    return ConfigStore(file, log, State(snapshot: snapshot, examined: content.state, isFresh: content.isFresh))
  }

  private init(_ file: ConfigFile, _ log: Log, _ state: sending State) {
    source = file.source
    self.file = file
    self.log = log
    self.state = Mutex(state)
    for warning in snapshot.warnings { log.warning(warning.description) }
  }

  /// The last accepted version, without looking at the file.
  package var snapshot: ConfigSnapshot { state.withLock { $0.snapshot } }

  /// Why the file as it stands now is not in effect; nil when it is.
  package var lastError: ConfigError? { state.withLock { $0.lastError } }

  /// Sets what hears of changes. The composition root calls it once, before serving.
  package func onChange(_ hook: @escaping ChangeHook) { state.withLock { $0.hook = hook } }

  /// The version in effect now. Costs one look at the file's state; a changed file is read first, once for all callers, away from their threads.
  package func current() async -> ConfigSnapshot {
    guard let path = source.path else { return snapshot }
    // A reload under way may have read the file before its latest change: look again after it, but not for ever.
    for _ in 0..<Limits.Config.readAttempts {
      guard let reload = reloadIfChanged(path) else { break }
      await reload.value
    }
    return snapshot
  }

  /// Looks up a key in the version in effect.
  package func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? { snapshot.directory.findAPIKey(presented) }

  // MARK: Reloading

  /// The reload that brings the file's present state into effect; nil when there is nothing to do.
  private func reloadIfChanged(_ path: String) -> Task<Void, Never>? {
    let present = FileState(of: path)
    return state.withLock { state in
      if let reload = state.reload { return reload }
      guard present != state.examined || state.isFresh else { return nil }
      let reload = Task { await self.reload(path) }
      state.reload = reload
      return reload
    }
  }

  /// What became of one look at a changed file.
  private struct Examination: Sendable {
    enum Verdict: Sendable {
      /// The document in effect.
      case unchanged
      /// The document that was refused before.
      case refusedBefore
      case changed(ConfigSnapshot)
      case refused(ConfigError)
    }

    var verdict: Verdict
    var file: FileState?
    var isFresh = false
    var digest: KeyDigest?
  }

  private func reload(_ path: String) async {
    var examination: Examination
    do {
      examination = try await NIOThreadPool.singleton.runIfActive { self.examine(path) }
    } catch {
      examination = Examination(verdict: .refused(ConfigError(file: path, reason: "cannot be read while the gateway stops")))
    }
    if case .changed(let new) = examination.verdict, let hook = state.withLock({ $0.hook }) {
      do { try await hook(new, snapshot) } catch {
        examination.verdict = .refused(ConfigError(file: path, reason: "cannot take effect: \(error)"))
      }
    }
    conclude(examination)
    report(examination.verdict)
  }

  /// Reads the file; on a thread that may wait.
  private func examine(_ path: String) -> Examination {
    let before = state.withLock { $0 }
    var examination = Examination(verdict: .unchanged, file: FileState(of: path))
    do {
      let content = try file.content(of: path)
      examination = Examination(verdict: .unchanged, file: content.state, isFresh: content.isFresh, digest: content.digest)
      if content.digest.hex == before.snapshot.sha256 { return examination }
      if content.digest == before.refused, content.state == before.examined {
        examination.verdict = .refusedBefore
      } else {
        examination.verdict = .changed(try file.snapshot(of: content, path: path, revision: before.snapshot.revision + 1))
      }
    } catch {
      examination.verdict = .refused(error)
    }
    return examination
  }

  private func conclude(_ examination: Examination) {
    state.withLock { state in
      state.reload = nil
      state.examined = examination.file
      state.isFresh = examination.isFresh
      switch examination.verdict {
      case .refusedBefore: return
      case .unchanged: state.lastError = nil
      case .changed(let snapshot):
        state.snapshot = snapshot
        state.lastError = nil
      case .refused(let error): state.lastError = error
      }
      state.refused = state.lastError == nil ? nil : examination.digest
    }
  }

  private func report(_ verdict: Examination.Verdict) {
    switch verdict {
    case .unchanged, .refusedBefore: break
    case .changed(let snapshot):
      for warning in snapshot.warnings { log.warning(warning.description) }
      log.info("configuration changed", ["file": source.description, "revision": "\(snapshot.revision)"])
    case .refused(let error):
      log.error(
        "configuration refused; the previous one stays in effect", ["revision": "\(snapshot.revision)", "reason": error.description])
    }
  }
}
