internal import NIOCore
internal import Synchronization

/// Has an auth provider bring the configurations that its callers see. What was read before is kept for as long as the provider calls it unchanged.
final class FetchedConfigs: Sendable {
  private struct Key: Hashable {
    var instance: ObjectIdentifier
    var subject: String
  }
  private struct Held {
    var config: MCPConfig
    var etag: String
    /// Of the gateway's configuration, under which it was read.
    var revision: UInt64
  }
  private let held = Mutex<[Key: Held]>([:])
  private let onChange: @Sendable (_ old: MCPConfig, _ new: MCPConfig) -> Void

  /// - Parameter onChange: a caller's configuration is another one than before.
  init(onChange: @escaping @Sendable (_ old: MCPConfig, _ new: MCPConfig) -> Void) { self.onChange = onChange }

  enum Failure: Error {
    case refused(Refusal)
    /// For the log.
    case failed(String)
  }

  /// - Returns: nil for the gateway's own; and how long the answer may be reused, in nanoseconds.
  func fetch(
    for identity: Identity, _ context: CallContext, _ state: GatewayState, deadline: NIODeadline
  ) async throws(Failure) -> (config: MCPConfig?, ttlNanoseconds: UInt64) {
    let key = Key(instance: ObjectIdentifier(state.auth), subject: identity.subject)
    let known = held.withLock { $0[key] }
    let usable = known.flatMap { $0.revision == state.snapshot.revision ? $0 : nil }
    let document: FetchedDocument
    switch await state.auth.fetchConfig(
      ConfigQuestion(context: context, identity: identity, etag: usable?.etag ?? ""), deadline: deadline)
    {
    case .value(let value): document = value
    case .refused(let refusal): throw .refused(refusal)
    case .failed(let failure): throw .failed(failure.description)
    }
    let config = try read(document, usable?.config, identity, state)
    keep(config.map { Held(config: $0, etag: document.etag, revision: state.snapshot.revision) }, key)
    if let old = known?.config, let config { onChange(old, config) }
    return (config, document.ttlNanoseconds)
  }

  private func read(
    _ document: FetchedDocument, _ known: MCPConfig?, _ identity: Identity, _ state: GatewayState
  ) throws(Failure) -> MCPConfig? {
    switch document.content {
    case .ofHost: return nil
    case .unchanged:
      guard let known else { throw .failed("fetch_config calls a configuration unchanged that the gateway does not hold") }
      return known
    case .json(let bytes):
      let config: MCPConfig
      do throws(ConfigError) {
        config = try ConfigReader.fetched(
          bytes, name: identity.configID.isEmpty ? identity.subject : identity.configID, rights: state.config.plugins.fetchedRights,
          of: state.config)
      } catch {
        throw .failed(error.description)
      }
      do throws(GatewayError) {
        try GuardrailCoverage.check(config, state)
      } catch {
        throw .failed("the configuration that was fetched: \(error.message)")
      }
      return config
    }
  }

  private func keep(_ entry: Held?, _ key: Key) {
    held.withLock { held in
      if held[key] == nil, held.count >= Limits.Auth.maxFetchedConfigs { held.removeAll(keepingCapacity: true) }
      held[key] = entry
    }
  }
}

extension MCPConfig {
  /// Names of the servers that are not described alike in both.
  func differences(from other: MCPConfig) -> Set<String> {
    let (mine, theirs) = (revisions, other.revisions)
    return Set(mine.keys).union(theirs.keys).filter { mine[$0] != theirs[$0] }
  }

  private var revisions: [String: String] { Dictionary(servers.map { ($0.name, $0.revision) }, uniquingKeysWith: { first, _ in first }) }
}
