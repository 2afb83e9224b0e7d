internal import JSON
internal import NIOCore
internal import Synchronization

/// Where the gateway's metrics and status learn of plugins, from the moment there is a host of them.
package final class PluginActivity: Sendable {
  private let host = Mutex<PluginHost?>(nil)

  package init() {}

  func use(_ host: PluginHost) { self.host.withLock { $0 = host } }

  /// What runs now, for every caller: without the reasons of refusals, which name files.
  var document: JSONValue {
    .array((host.withLock { $0 }?.instances ?? []).map { $0.document(isWhole: false) })
  }

  var metrics: [MetricsSnapshot.Metric] { host.withLock { $0 }?.activityMetrics ?? [] }
}

extension PluginHost {
  /// For telemetry: what each binding's instances did, and which builds run.
  fileprivate var activityMetrics: [MetricsSnapshot.Metric] {
    let activity = state.withLock { $0.activity }
    guard !activity.isEmpty else { return [] }
    func counter(_ name: String, _ help: String, _ count: KeyPath<BindingActivity, UInt64>) -> MetricsSnapshot.Metric {
      let points = activity.map { MetricsSnapshot.Point(attributes: $0.attributes, value: Double($0[keyPath: count])) }
      return MetricsSnapshot.Metric(kind: .counter, name: name, unit: "1", help: help, points: points)
    }
    let times = activity.map { activity in
      MetricsSnapshot.Point(
        attributes: activity.attributes, value: Double(activity.latency.sumNanoseconds) / 1e9, count: activity.latency.count,
        bucketCounts: activity.latency.buckets)
    }
    let serving = instances.filter { !$0.isDraining }
    let running = serving.map { MetricsSnapshot.Point(attributes: $0.attributes, value: 1) }
    let memory = serving.compactMap { report in
      report.memoryBytes.map { MetricsSnapshot.Point(attributes: report.bindingAttributes, value: Double($0)) }
    }
    return [
      counter("enkrypt_plugin_calls_total", "Calls into plugins, by binding", \.calls),
      counter("enkrypt_plugin_failures_total", "Calls that ended without a valid answer", \.failures),
      counter("enkrypt_plugin_misbehaviours_total", "Slow, overdue, double and malformed behaviour", \.misbehaviours),
      MetricsSnapshot.Metric(
        kind: .histogram, name: "enkrypt_plugin_call_duration_seconds", unit: "s", help: "Time of one call into a plugin",
        bounds: PluginStats.Latency.boundsSeconds, points: times),
      MetricsSnapshot.Metric(
        kind: .gauge, name: "enkrypt_plugin_info", unit: "1", help: "1 for each build that serves: which it is and who signed it",
        points: running),
      counter("enkrypt_plugin_process_ends_total", "Processes of isolated plugins that ended by themselves", \.processEnds),
      counter("enkrypt_plugin_process_restarts_total", "Processes of isolated plugins that took the place of one that ended", \.restarts),
      MetricsSnapshot.Metric(
        kind: .gauge, name: "enkrypt_plugin_memory_bytes", unit: "By", help: "Resident memory of the processes of isolated plugins",
        points: memory),
    ]
  }
}

extension BindingActivity {
  fileprivate var attributes: [TelemetryAttribute] {
    [TelemetryAttribute("kind", .string(binding.kind.rawValue)), TelemetryAttribute("binding", .string(binding.name))]
  }
}

extension InstanceReport {
  fileprivate var bindingAttributes: [TelemetryAttribute] {
    [TelemetryAttribute("kind", .string(listing.kind.rawValue)), TelemetryAttribute("binding", .string(bindingName))]
  }

  fileprivate var attributes: [TelemetryAttribute] {
    bindingAttributes + [
      TelemetryAttribute("plugin", .string(listing.pluginID)), TelemetryAttribute("version", .string(listing.version)),
      TelemetryAttribute("sha256", .string(listing.sha256)), TelemetryAttribute("generation", .string(String(generation))),
      TelemetryAttribute("mode", .string(mode)), TelemetryAttribute("trust", .string(ground.name)),
      TelemetryAttribute("signer", .string(ground.signer?.name ?? "")),
    ]
  }
}
