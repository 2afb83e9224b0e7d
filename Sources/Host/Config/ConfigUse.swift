internal import JSON
package import NIOCore

/// From what the document says to what the rooms are asked for: here, and only here, references to secrets become secrets.

extension ServerEntry {
  /// The server as the upstream room starts it. A secret that changed makes another revision, and so another child.
  package func upstream(configID: String, secrets: SecretExpansion) throws(SecretError) -> UpstreamServer {
    let command = try secrets.expand(command)
    let environment = Dictionary(command.environment.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    let text = command.arguments + command.environment.map { $0.name + "=" + $0.value }
    return UpstreamServer(
      configID: configID, name: name, command: command.command, arguments: command.arguments, environment: environment,
      workingDirectory: command.workingDirectory, sharing: sharing, idleTimeout: idleTimeout,
      maxConcurrency: maxConcurrency,
      revision: revision + KeyDigest(of: text.joined(separator: "\0").utf8).keyID)
  }
}

extension ProviderBinding {
  /// The binding as the plugin host makes an instance of it.
  package func spec(
    _ kind: ProviderKind, secrets: SecretExpansion, isInlineTrusted: Bool = false, createTimeout: TimeAmount
  ) throws(SecretError) -> BindingSpec {
    BindingSpec(
      kind: kind, bindingName: name, provider: provider, plugin: plugin, configJSON: try secrets.expand(config).serialized(),
      trustInline: isInlineTrusted, createTimeout: createTimeout, egress: egress)
  }
}
