package import JSON
package import NIOCore
internal import Synchronization

/// The tools of one server as a caller may see them.
package struct ToolList: Sendable {
  /// A tool that a guardrail keeps back, and why.
  package struct Blocked: Sendable {
    package var name: String
    package var reasons: [String]
  }
  /// Where the list came from; the raw values are the words of the tools' answers.
  package enum Source: String, Sendable { case config, discovery }

  package var source: Source
  /// Whole tool objects, in the server's order.
  package var tools: [(name: String, definition: RawJSON)]
  package var blocked: [Blocked]
  /// Set when the server itself was rejected; no tool can then be called.
  package var serverRejection: [String]
  package var expires: NIODeadline
  package var expiresUnixNanoseconds: UInt64
  private let callable: Set<String>

  package init(
    source: Source, tools: [(name: String, definition: RawJSON)], blocked: [Blocked], serverRejection: [String], lifetime: TimeAmount
  ) {
    self.source = source
    self.tools = tools
    self.blocked = blocked
    self.serverRejection = serverRejection
    expires = .now() + lifetime
    expiresUnixNanoseconds = WallClock.nowUnixNanoseconds() &+ UInt64(max(lifetime.nanoseconds, 0))
    callable = Set(tools.map(\.name))
  }

  package func contains(_ tool: String) -> Bool { callable.contains(tool) }
}

/// Tool lists that are still fresh, by caller and server. Concurrent requests for the same list share one discovery.
package final class ToolCatalogue: Sendable {
  /// Whose list of which server, at which revision of the configuration.
  package struct Key: Sendable, Hashable {
    package var principal: String
    package var configID: String
    package var server: String
    package var revision: UInt64

    package init(principal: String, configID: String, server: String, revision: UInt64) {
      self.principal = principal
      self.configID = configID
      self.server = server
      self.revision = revision
    }
  }

  private struct State {
    var lists: [Key: ToolList] = [:]
    var running: [Key: Task<Result<ToolList, GatewayError>, Never>] = [:]
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
  package func cached(_ key: Key, now: NIODeadline = .now()) -> ToolList? {
    guard let list = state.withLock({ $0.lists[key] }), list.expires > now else { return nil }
    return list
  }

  /// The fresh list, or what `discover` finds. A failed discovery is not remembered.
  package func tools(
    _ key: Key, discover: @escaping @Sendable () async -> Result<ToolList, GatewayError>
  ) async throws(GatewayError) -> (list: ToolList, isCached: Bool) {
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
      guard state.running[key] == task else { return }
      state.running[key] = nil
      if case .success(let list) = result { store(list, key, &state) }
    }
    return (try result.get(), false)
  }

  private func store(_ list: ToolList, _ key: Key, _ state: inout State) {
    let now = NIODeadline.now()
    // Another revision of the same entry is never asked for again.
    state.lists = state.lists.filter { entry in
      entry.value.expires > now
        && !(entry.key.principal == key.principal && entry.key.configID == key.configID && entry.key.server == key.server)
    }
    if state.lists.count >= Limits.Cache.maxToolLists, let oldest = state.lists.min(by: { $0.value.expires < $1.value.expires }) {
      state.lists[oldest.key] = nil
    }
    state.lists[key] = list
  }

  /// Forgets the lists of one caller: of one server or of all.
  /// - Returns: how many there were.
  package func forget(principal: String, server: String? = nil) -> Int {
    state.withLock { state in
      let doomed = state.lists.keys.filter { $0.principal == principal && (server == nil || $0.server == server) }
      for key in doomed { state.lists[key] = nil }
      return doomed.count
    }
  }

  package var count: Int { state.withLock { $0.lists.count } }
}
