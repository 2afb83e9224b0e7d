internal import NIOPosix

/// Takes new builds of plugins into use while calls go on: instances of the new build are created, have to say that they are well, guardrails have to give verdicts, and then take over at once. Calls
/// under way keep the instances that they began with. A build that fails changes nothing.
package final class PluginReloads: Sendable {
  /// What came of one plugin whose files had changed.
  package struct Outcome: Sendable {
    package var pluginID: String
    /// The build that was tried, counted from 1.
    package var generation: Int
    /// Why the earlier build goes on; nil when the new one took over.
    package var failure: String?
  }

  private let host: PluginHost
  private let binder: PluginBinder
  private let selfTest: SelfTest
  private let states: StateSource
  private let turns: Turns
  private let log: Log
  private let adopt: @Sendable (PluginBinder.Bound) -> Void

  /// - Parameters:
  ///   - turns: shared with whatever else replaces the gateway's state.
  ///   - adopt: makes a state the gateway's.
  init(
    host: PluginHost, binder: PluginBinder, selfTest: SelfTest, states: StateSource, turns: Turns, log: Log,
    adopt: @escaping @Sendable (PluginBinder.Bound) -> Void
  ) {
    self.host = host
    self.binder = binder
    self.selfTest = selfTest
    self.states = states
    self.turns = turns
    self.log = log
    self.adopt = adopt
  }

  /// Searches the plugin folders and takes over what changed.
  /// - Parameters:
  ///   - name: only the plugin of this id, with a provider of this name, or from a file of this name; nil for all.
  ///   - isAsked: somebody wants it, so builds that failed before are tried again.
  package func reload(_ name: String? = nil, isAsked: Bool) async throws -> [Outcome] {
    try await turns.run { [self] in
      let changes = try await NIOThreadPool.singleton.runIfActive { try self.host.load(retryRejected: isAsked) }
      let pluginID = name.map { host.pluginID(named: $0) ?? $0 }
      var outcomes: [Outcome] = []
      for change in changes where pluginID == nil || change.pluginID == pluginID { outcomes.append(await take(change)) }
      return outcomes
    }
  }

  private func take(_ change: PluginChange) async -> Outcome {
    var outcome = Outcome(pluginID: change.pluginID, generation: host.generation(of: change))
    do {
      let bound = try await binder.bind(states.latest.snapshot, trying: change)
      try await selfTest.require(bound.state)
      host.accept(change)
      adopt(bound)
      log.info("Plugin reloaded", ["plugin": change.pluginID, "generation": "\(outcome.generation)"])
    } catch {
      host.reject(change)
      outcome.failure = "\(error)"
      log.error(
        "Plugin not reloaded; the build in use goes on",
        ["plugin": change.pluginID, "generation": "\(outcome.generation)", "reason": "\(error)"])
    }
    return outcome
  }

  // MARK: Watching

  /// Looks at the plugin folders until the task is cancelled, and takes over what changed once it has stopped changing: a file that is being copied is left alone.
  func watch(while isWanted: @Sendable () -> Bool) async {
    var known = await searchPathState()
    var seen = known
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(Limits.Plugin.watchIntervalSeconds)) } catch { return }
      guard isWanted() else { continue }
      let now = await searchPathState()
      defer { seen = now }
      guard now != known, now == seen else { continue }
      known = now
      do { _ = try await reload(isAsked: false) } catch { log.error("The plugin folders could not be searched", ["reason": "\(error)"]) }
    }
  }

  private func searchPathState() async -> SearchPathState? {
    do { return try await NIOThreadPool.singleton.runIfActive { self.host.searchPathState } } catch { return nil }
  }
}
