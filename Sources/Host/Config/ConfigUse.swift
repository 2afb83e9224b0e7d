internal import JSON
package import NIOCore

/// From what the document says to what the rooms are asked for: here, and only here, references to secrets become secrets.

extension ServerEntry {
  /// The server as the upstream room starts or reaches it. A secret that changed makes another revision, and so another child or session.
  package func upstream(configID: String, secrets: SecretExpansion) throws(SecretError) -> UpstreamServer {
    var server =
      switch reach {
      case .command(let command): upstream(configID, try secrets.expand(command))
      case .remote(let remote): upstream(configID, try secrets.expand(remote))
      }
    server.maxInstances = health.maxInstances
    server.healthInterval = health.interval
    server.maxUnanswered = health.maxUnanswered
    return server
  }

  private func upstream(_ configID: String, _ command: ServerCommand) -> UpstreamServer {
    let environment = Dictionary(command.environment.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    let text = command.arguments + command.environment.map { $0.name + "=" + $0.value }
    var server = UpstreamServer(
      configID: configID, name: name, command: command.command, arguments: command.arguments, environment: environment,
      workingDirectory: command.workingDirectory, sharing: sharing, idleTimeout: idleTimeout,
      startTimeout: startTimeout ?? Limits.Upstream.startTimeout, resourceLimits: command.limits, maxConcurrency: maxConcurrency,
      revision: revision(with: text))
    server.eraPin = eraPin
    return server
  }

  private func upstream(_ configID: String, _ remote: RemoteServer) -> UpstreamServer {
    UpstreamServer(
      configID: configID, name: name, remote: remote, eraPin: eraPin, sharing: sharing, idleTimeout: idleTimeout,
      startTimeout: startTimeout ?? Limits.Upstream.remoteStartTimeout, maxConcurrency: maxConcurrency,
      revision: revision(with: [remote.url] + remote.headers.map { $0.name + ":" + $0.value }))
  }

  private func revision(with secrets: [String]) -> String { revision + KeyDigest(of: secrets.joined(separator: "\0").utf8).keyID }
}

extension ProviderBinding {
  /// The binding as the plugin host makes an instance of it.
  package func spec(
    _ kind: ProviderKind, secrets: SecretExpansion, isInlineTrusted: Bool = false, createTimeout: TimeAmount
  ) throws(SecretError) -> BindingSpec {
    BindingSpec(
      kind: kind, bindingName: name, provider: provider, plugin: plugin, configJSON: try secrets.expand(config).serialized(),
      trustInline: isInlineTrusted, createTimeout: createTimeout, egress: egress, mode: mode)
  }
}
