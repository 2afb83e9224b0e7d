/// One accepted version of the configuration, immutable: what a request reads from beginning to end.
package final class ConfigSnapshot: Sendable {
  package let config: GatewayConfig
  /// 1 for the first, one more with every accepted change.
  package let revision: UInt64
  package let source: ConfigSource
  /// SHA-256 of the document's bytes, lower-case hex: its entity tag. Empty for the built-in document.
  package let sha256: String
  /// The keys of this version.
  package let directory: KeyDirectory
  /// What the operator should know about it.
  package let warnings: [ConfigProblem]
  /// Follows references to secrets, relative to the file's directory.
  package let secrets: SecretExpansion

  init(
    config: GatewayConfig, revision: UInt64, source: ConfigSource, sha256: String, warnings: [ConfigProblem], secrets: SecretExpansion
  ) {
    self.config = config
    self.revision = revision
    self.source = source
    self.sha256 = sha256
    self.warnings = warnings
    self.secrets = secrets
    directory = KeyDirectory(config, revision: revision)
  }
}
