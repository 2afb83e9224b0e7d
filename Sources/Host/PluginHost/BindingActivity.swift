/// What all instances of one binding did, for as long as the gateway runs; those that have ended included, so that the counts only grow.
package struct BindingActivity: Sendable, Hashable {
  package struct Binding: Sendable, Hashable {
    package var kind: ProviderKind
    package var name: String
  }

  package var binding: Binding
  package var calls: UInt64 = 0
  package var failures: UInt64 = 0
  package var misbehaviours: UInt64 = 0
  /// Of processes of its own that ended by themselves, and of those that were started in their place.
  package var processEnds: UInt64 = 0
  package var restarts: UInt64 = 0
  package var latency = PluginStats.Latency()

  init(_ binding: Binding) { self.binding = binding }

  mutating func add(_ stats: PluginStats) {
    calls += stats.calls
    failures += stats.failures
    misbehaviours += stats.misbehaviours + stats.staleCompletions
    processEnds += stats.processEnds
    restarts += stats.restarts
    latency = latency + stats.latency
  }
}

extension PluginHost.State {
  /// Instances that have ended leave only their counts. Of bindings beyond a bound nothing is kept.
  mutating func forgetEnded() {
    for core in instances where core.currentPhase == .closed {
      let binding = BindingActivity.Binding(core)
      guard ended[binding] != nil || ended.count < Limits.Plugin.maxEndedBindings else { continue }
      ended[binding, default: BindingActivity(binding)].add(core.stats)
    }
    instances.removeAll { $0.currentPhase == .closed }
  }

  /// By kind and name.
  var activity: [BindingActivity] {
    var all = ended
    for core in instances {
      let binding = BindingActivity.Binding(core)
      all[binding, default: BindingActivity(binding)].add(core.stats)
    }
    return all.values.sorted { ($0.binding.kind.rawValue, $0.binding.name) < ($1.binding.kind.rawValue, $1.binding.name) }
  }
}

extension BindingActivity.Binding {
  init(_ core: InstanceCore) {
    kind = core.table.listing.kind
    name = core.binding
  }
}
