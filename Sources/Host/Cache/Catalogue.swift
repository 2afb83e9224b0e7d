package import NIOCore
internal import Synchronization

/// Lists that are still fresh, by caller, server and kind. Concurrent requests for the same list share one discovery.
package final class Catalogue: Sendable {
  /// Whose list of what of which server, at which revision of the configuration.
  package struct Key: Sendable, Hashable {
    package var owner: Owner
    package var kind: ItemKind

    package init(principal: String, configID: String, server: String, revision: UInt64, kind: ItemKind = .tools) {
      owner = Owner(principal: principal, configID: configID, server: server, revision: revision)
      self.kind = kind
    }
  }

  package struct Owner: Sendable, Hashable {
    package var principal: String
    package var configID: String
    package var server: String
    package var revision: UInt64

    /// Another revision of the same entry is never asked for again.
    fileprivate func isSuperseded(by other: Owner) -> Bool {
      principal == other.principal && configID == other.configID && server == other.server && revision < other.revision
    }
  }

  private struct State {
    var lists: [Key: ItemList] = [:]
    var running: [Key: Task<Result<ItemList, GatewayError>, Never>] = [:]
    /// Servers that did not answer in time, until when that is believed.
    var silent: [Owner: (error: GatewayError, until: NIODeadline)] = [:]
  }
  private let state = Mutex(State())
  private let metrics: GatewayMetrics
  let executor: any TaskExecutor

  /// - Parameter executor: where discoveries run; in the gateway an event loop, since the global pool may be held up by a plugin that shares it.
  package init(metrics: GatewayMetrics, executor: any TaskExecutor) {
    self.metrics = metrics
    self.executor = executor
  }

  /// The fresh list, without asking anyone.
  package func cached(_ key: Key, now: NIODeadline = .now()) -> ItemList? {
    guard let list = state.withLock({ $0.lists[key] }), list.expires > now else { return nil }
    return list
  }

  /// The fresh list, or what `discover` finds. A failed discovery is not remembered.
  package func list(
    _ key: Key, discover: @escaping @Sendable () async -> Result<ItemList, GatewayError>
  ) async throws(GatewayError) -> (list: ItemList, isCached: Bool) {
    if let list = cached(key) {
      metrics.cacheHits.increment()
      return (list, true)
    }
    metrics.cacheMisses.increment()
    let task = state.withLock { state in
      if let running = state.running[key] { return running }
      let task = Task(executorPreference: executor) { await discover() }
      state.running[key] = task
      return task
    }
    let result = await task.value
    state.withLock { state in
      // Forgotten meanwhile: what was found may be what changed.
      guard state.running[key] == task else { return }
      state.running[key] = nil
      note(result, key, &state)
    }
    return (try result.get(), false)
  }

  private func note(_ result: Result<ItemList, GatewayError>, _ key: Key, _ state: inout State) {
    switch result {
    case .success(let list):
      state.silent[key.owner] = nil
      store(list, key, &state)
    case .failure(let error) where error.code == .discoveryTimeout:
      let now = NIODeadline.now()
      state.silent = state.silent.filter { $0.value.until > now }
      guard state.silent.count < Limits.Cache.maxLists else { return }
      state.silent[key.owner] = (error, now + Limits.Federation.silenceMemory)
    case .failure: break
    }
  }

  private func store(_ list: ItemList, _ key: Key, _ state: inout State) {
    let now = NIODeadline.now()
    state.lists = state.lists.filter { $0.value.expires > now && !$0.key.owner.isSuperseded(by: key.owner) }
    if state.lists.count >= Limits.Cache.maxLists, let oldest = state.lists.min(by: { $0.value.expires < $1.value.expires }) {
      state.lists[oldest.key] = nil
    }
    state.lists[key] = list
  }

  /// Why a server whose list is not at hand need not be waited for: a moment ago it did not answer in time. Whoever asks for one server only does not care.
  package func recentTimeout(_ key: Key, now: NIODeadline = .now()) -> GatewayError? {
    guard let silence = state.withLock({ $0.silent[key.owner] }), silence.until > now else { return nil }
    return silence.error
  }

  // MARK: Forgetting

  /// Forgets the lists of one caller: of one server or of all.
  /// - Returns: of how many servers there were any.
  package func forget(principal: String, server: String? = nil) -> Int {
    forget { $0.owner.principal == principal && (server == nil || $0.owner.server == server) }
  }

  /// Forgets a kind of list of one server, whoever it was for: the server said that it changed.
  package func forget(_ kinds: Set<ItemKind>, configID: String, server: String) {
    _ = forget { kinds.contains($0.kind) && $0.owner.configID == configID && $0.owner.server == server }
  }

  /// Everything: who judges definitions has changed.
  package func forgetAll() { _ = forget { _ in true } }

  private func forget(where isDoomed: (Key) -> Bool) -> Int {
    state.withLock { state in
      let doomed = state.lists.keys.filter(isDoomed)
      for key in doomed { state.lists[key] = nil }
      for key in state.running.keys.filter(isDoomed) { state.running[key] = nil }
      for owner in Set(doomed.map(\.owner)) { state.silent[owner] = nil }
      return Set(doomed.map(\.owner)).count
    }
  }

  /// How many servers' tools are known, over all callers.
  package var toolListCount: Int { state.withLock { state in state.lists.keys.count { $0.kind == .tools } } }
}
