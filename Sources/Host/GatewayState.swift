internal import Synchronization

/// One revision of the gateway: a configuration and the plugins bound for it. Immutable to its readers; a request keeps the one it started with.
package final class GatewayState: Sendable {
  package let snapshot: ConfigSnapshot
  package let auth: PluginInstance
  package let guardrails: [BoundGuardrail]
  /// Another number for other guardrails, and for those that are configured in another way.
  let guardrailRevision: Int
  /// A server's changes are held back until they are approved.
  let enforcesPins: Bool
  private let upstreams = Mutex<[UpstreamName: UpstreamServer]>([:])

  private struct UpstreamName: Hashable {
    var configID: String
    var server: String
  }

  package init(snapshot: ConfigSnapshot, auth: PluginInstance, guardrails: [BoundGuardrail]) {
    self.snapshot = snapshot
    self.auth = auth
    self.guardrails = guardrails
    enforcesPins = snapshot.config.mcpConfigs.values.contains { $0.servers.contains { $0.definitions.pinning == .enforce } }
    var hasher = Hasher()
    hasher.combine(snapshot.config.plugins.guardrails)
    for guardrail in guardrails { hasher.combine(ObjectIdentifier(guardrail.instance)) }
    guardrailRevision = hasher.finalize()
  }

  package var config: GatewayConfig { snapshot.config }

  /// A server's command with its secrets in place, worked out at the first call.
  func upstream(_ entry: ServerEntry, of mcpConfig: MCPConfig) throws(GatewayError) -> UpstreamServer {
    let name = UpstreamName(configID: mcpConfig.id, server: entry.name)
    if let known = upstreams.withLock({ $0[name] }) { return known }
    do throws(SecretError) {
      let server = try entry.upstream(configID: mcpConfig.id, secrets: snapshot.secrets)
      upstreams.withLock { $0[name] = server }
      return server
    } catch {
      throw GatewayError(
        .configurationInvalid, "Server '\(entry.name)' refers to a secret that is not there.", cause: error.description, server: entry.name)
    }
  }
}
