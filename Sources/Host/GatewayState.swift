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
    enforcesPins =
      auth.fetchesConfigs || snapshot.config.mcpConfigs.values.contains { $0.servers.contains { $0.definitions.pinning == .enforce } }
    var hasher = Hasher()
    hasher.combine(snapshot.config.plugins.guardrails)
    for guardrail in guardrails { hasher.combine(ObjectIdentifier(guardrail.instance)) }
    guardrailRevision = hasher.finalize()
  }

  package var config: GatewayConfig { snapshot.config }

  /// The servers of a caller who was admitted under another state; nil when the configuration has them no more. A fetched set stays as it was until its caller
  /// is asked for again.
  func mcpConfig(of caller: Caller) -> MCPConfig? { caller.mcpConfig.isFetched ? caller.mcpConfig : config.mcpConfigs[caller.mcpConfig.id] }

  /// A server's command with its secrets in place, worked out at the first call.
  func upstream(_ entry: ServerEntry, of mcpConfig: MCPConfig) throws(GatewayError) -> UpstreamServer {
    let name = UpstreamName(configID: mcpConfig.id, server: entry.name)
    if !mcpConfig.isFetched, let known = upstreams.withLock({ $0[name] }) { return known }
    do throws(SecretError) {
      let server = try entry.upstream(configID: mcpConfig.id, secrets: snapshot.secrets)
      // A fetched one may be another tomorrow, or for somebody else.
      if !mcpConfig.isFetched { upstreams.withLock { $0[name] = server } }
      return server
    } catch {
      throw GatewayError(
        .configurationInvalid, "Server '\(entry.name)' refers to a secret that is not there.", cause: error.description, server: entry.name)
    }
  }
}
