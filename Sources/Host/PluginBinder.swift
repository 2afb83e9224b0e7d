internal import NIOCore
internal import Synchronization

/// Turns a revision of the configuration into bound plugins. An instance whose provider and configuration did not change is kept, so that an edit disturbs only what
/// it touches.
package final class PluginBinder: Sendable {
  private let host: PluginHost
  private let telemetry: TelemetryHub
  private let log: Log
  private let bound = Mutex<[BindingSpec: PluginInstance]>([:])

  package init(host: PluginHost, telemetry: TelemetryHub, log: Log) {
    self.host = host
    self.telemetry = telemetry
    self.log = log
  }

  /// Binds everything that `snapshot` names. Nothing that serves now is touched until `adopt`.
  /// - Throws: a sentence that names the binding, what is wrong, and what was found instead.
  package func bind(_ snapshot: ConfigSnapshot) async throws -> Bound {
    let plugins = snapshot.config.plugins
    var fresh: [BindingSpec: PluginInstance] = [:]
    do {
      let auth = try await instance(spec(.auth, plugins.auth, snapshot), &fresh)
      var guardrails: [BoundGuardrail] = []
      for binding in plugins.guardrails {
        let instance = try await instance(spec(.guardrail, binding.provider, snapshot, isInlineTrusted: binding.isInlineTrusted), &fresh)
        guardrails.append(
          BoundGuardrail(
            name: binding.provider.name, instance: instance, onFailure: binding.onFailure,
            timeout: binding.timeout ?? snapshot.config.common.timeouts.guardrail))
      }
      var exporters: [PluginInstance] = []
      for binding in plugins.telemetry { exporters.append(try await instance(spec(.telemetry, binding, snapshot), &fresh)) }
      let state = GatewayState(snapshot: snapshot, auth: auth, guardrails: guardrails)
      try GuardrailCoverage.check(state)
      return Bound(state: state, exporters: exporters, instances: fresh)
    } catch {
      let kept = bound.withLock { $0 }
      await retire(fresh.filter { kept[$0.key] == nil }.map(\.value))
      throw error
    }
  }

  /// A state together with every instance that it uses.
  package struct Bound: Sendable {
    package let state: GatewayState
    let exporters: [PluginInstance]
    let instances: [BindingSpec: PluginInstance]
  }

  /// Makes `new` the one in use and ends, in the background, the instances that it does not use. Requests under way keep theirs until they finish.
  package func adopt(_ new: Bound) {
    let unused = bound.withLock { bound in
      let old = bound
      bound = new.instances
      return old.filter { new.instances[$0.key] == nil }.map(\.value)
    }
    telemetry.use(new.exporters, minimumLevel: new.state.config.common.logLevel)
    guard !unused.isEmpty else { return }
    Task { await retire(unused) }
  }

  private func retire(_ instances: [PluginInstance]) async {
    for instance in instances { await instance.retire(deadline: .now() + Limits.Plugin.retireTimeout) }
  }

  private func instance(_ spec: BindingSpec, _ fresh: inout [BindingSpec: PluginInstance]) async throws -> PluginInstance {
    if let known = fresh[spec] ?? bound.withLock({ $0[spec] }) {
      fresh[spec] = known
      return known
    }
    let instance = try await host.bind(spec)
    fresh[spec] = instance
    log.info("Plugin bound", ["kind": spec.kind.rawValue, "binding": spec.bindingName, "provider": spec.provider])
    return instance
  }

  private func spec(
    _ kind: ProviderKind, _ binding: ProviderBinding, _ snapshot: ConfigSnapshot, isInlineTrusted: Bool = false
  ) throws(GatewayError) -> BindingSpec {
    do throws(SecretError) {
      return try binding.spec(
        kind, secrets: snapshot.secrets, isInlineTrusted: isInlineTrusted, createTimeout: snapshot.config.common.timeouts.default)
    } catch {
      throw GatewayError(.configurationInvalid, "The config of the \(kind.rawValue) binding '\(binding.name)' cannot be used: \(error).")
    }
  }
}
