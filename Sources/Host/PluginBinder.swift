internal import NIOCore
internal import Synchronization

/// Turns a revision of the configuration into bound plugins. An instance whose provider, build and configuration did not change is kept, so that an edit disturbs
/// only what it touches. One that is not used any more ends when the last request that began with it has.
package final class PluginBinder: Sendable {
  private let host: PluginHost
  private let telemetry: TelemetryHub
  private let log: Log
  private let register: GuardrailRegister
  private let bound = Mutex<[Use: PluginInstance]>([:])

  /// A binding, and the build of the plugin that serves it: SHA-256.
  struct Use: Hashable {
    let spec: BindingSpec
    let build: String
  }

  package init(host: PluginHost, telemetry: TelemetryHub, register: GuardrailRegister, log: Log) {
    self.register = register
    self.host = host
    self.telemetry = telemetry
    self.log = log
  }

  /// Binds everything that `snapshot` names. Nothing that serves now is touched until `adopt`.
  /// - Parameter change: other builds of a plugin, used as if they served already; instances of them must say that they are well.
  /// - Throws: a sentence that names the binding, what is wrong, and what was found instead.
  package func bind(_ snapshot: ConfigSnapshot, trying change: PluginChange? = nil) async throws -> Bound {
    let plugins = snapshot.config.plugins
    var fresh: [Use: PluginInstance] = [:]
    let auth = try await instance(spec(.auth, plugins.auth, snapshot), change, &fresh)
    var guardrails: [BoundGuardrail] = []
    for binding in plugins.guardrails {
      let spec = try spec(.guardrail, binding.provider, snapshot, isInlineTrusted: binding.isInlineTrusted)
      guardrails.append(guardrail(binding, try await instance(spec, change, &fresh), snapshot))
    }
    var exporters: [PluginInstance] = []
    for binding in plugins.telemetry { exporters.append(try await instance(spec(.telemetry, binding, snapshot), change, &fresh)) }
    let state = GatewayState(snapshot: snapshot, auth: auth, guardrails: guardrails)
    try GuardrailCoverage.check(state)
    return Bound(state: state, exporters: exporters, instances: fresh)
  }

  private func guardrail(_ binding: GuardrailBinding, _ instance: PluginInstance, _ snapshot: ConfigSnapshot) -> BoundGuardrail {
    let name = binding.provider.name
    return BoundGuardrail(
      name: name, instance: instance, onFailure: binding.onFailure,
      timeout: binding.timeout ?? snapshot.config.common.timeouts.guardrail, startup: binding.startup,
      watch: register.watch(of: name, instance: instance, settings: binding.breaker, log: log.scoped("guardrails")),
      onlyJudges: binding.onlyJudges)
  }

  /// A state together with every instance that it uses.
  package struct Bound: Sendable {
    package let state: GatewayState
    let exporters: [PluginInstance]
    let instances: [Use: PluginInstance]
  }

  /// Makes `new` the one in use.
  package func adopt(_ new: Bound) {
    // Returned, so that the old ones are let go outside of the lock.
    _ = bound.withLock { bound in
      defer { bound = new.instances }
      return bound
    }
    register.use(new.state.guardrails)
    telemetry.use(new.exporters, minimumLevel: new.state.config.common.logLevel)
  }

  private func instance(_ spec: BindingSpec, _ change: PluginChange?, _ fresh: inout [Use: PluginInstance]) async throws -> PluginInstance {
    let use = Use(spec: spec, build: try host.build(for: spec, trying: change))
    if let known = fresh[use] ?? bound.withLock({ $0[use] }) {
      fresh[use] = known
      return known
    }
    let instance = try await host.bind(spec, trying: change)
    if change != nil { try await checkHealth(instance, spec) }
    fresh[use] = instance
    log.info("Plugin bound", ["kind": spec.kind.rawValue, "binding": spec.bindingName, "provider": spec.provider])
    return instance
  }

  private func checkHealth(_ instance: PluginInstance, _ spec: BindingSpec) async throws(PluginHostError) {
    let reply = await instance.health(deadline: .now() + spec.createTimeout)
    if case .value = reply { return }
    throw .unhealthy(binding: spec.bindingName, provider: spec.provider, reason: reply.failureText)
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
