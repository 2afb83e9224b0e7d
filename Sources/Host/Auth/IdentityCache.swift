internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Identities that the auth provider allows to be reused: within their time, for equal values of the headers that it named, by the same instance, under the
/// same version of the directory. So a key that is disabled, or that expires, is refused at its next request.
final class IdentityCache: Sendable {
  private struct Key: Hashable {
    var instance: ObjectIdentifier
    var version: KeyDirectory.Version
    /// Values of the headers that the answer depends on, as lists: repeats count.
    var values: [[String]]
  }
  private struct Entry {
    var known: Known
    var expires: NIODeadline
  }

  /// A caller as the provider knows them.
  final class Known: Sendable {
    let identity: Identity
    /// What the provider brought for them; nil: the gateway's own configuration.
    let fetched: MCPConfig?

    init(_ identity: Identity, fetched: MCPConfig?) {
      self.identity = identity
      self.fetched = fetched
    }
  }
  private struct State {
    var entries: [Key: Entry] = [:]
    /// The headers that the provider's answers depend on; one set at a time, as a provider names the same ones each time.
    var vary: [String] = []
  }
  private let state = Mutex(State())

  func find(_ headers: HTTPHeaders, instance: PluginInstance, version: KeyDirectory.Version) -> Known? {
    state.withLock { state in
      guard !state.vary.isEmpty, let entry = state.entries[key(headers, instance, version, state.vary)], entry.expires > .now() else {
        return nil
      }
      return entry.known
    }
  }

  /// - Parameter ttlNanoseconds: how long the provider allows it to be reused.
  func store(_ known: Known, ttlNanoseconds: UInt64, for headers: HTTPHeaders, instance: PluginInstance, version: KeyDirectory.Version) {
    let identity = known.identity
    guard !identity.vary.isEmpty, ttlNanoseconds > 0 else { return }
    let lifetime = TimeAmount.nanoseconds(Int64(min(ttlNanoseconds, UInt64(Limits.Auth.maxIdentityLifetime.nanoseconds))))
    state.withLock { state in
      if state.vary != identity.vary || state.entries.count >= Limits.Auth.maxCachedIdentities {
        state.entries.removeAll(keepingCapacity: true)
      }
      state.vary = identity.vary
      state.entries[key(headers, instance, version, state.vary)] = Entry(known: known, expires: .now() + lifetime)
    }
  }

  private func key(_ headers: HTTPHeaders, _ instance: PluginInstance, _ version: KeyDirectory.Version, _ vary: [String]) -> Key {
    Key(instance: ObjectIdentifier(instance), version: version, values: vary.map { headers[$0] })
  }
}
