internal import Glibc
package import JSON
internal import NIOCore

/// `generate-config`: writes a working configuration and says the new key, once.
package enum GenerateConfig: Operation {
  package struct Input: Sendable {
    /// Replace an existing file.
    package var overwrite: Bool

    package init(overwrite: Bool) { self.overwrite = overwrite }
  }
  package static let name = "generate-config"
  package static let isMutation = true

  package static func run(_ input: Input, _ context: LocalContext) async throws -> JSONValue {
    let path = FilePath.resolvingLinks(context.lookup.newFilePath)
    let template = ConfigTemplate(executablePath: context.executable.path)
    do {
      try FileBytes.makeDirectory(FilePath.directory(of: path))
      try write(template, to: path, overwriting: input.overwrite)
    } catch let failure as FileBytes.Failure {
      guard failure.code == EEXIST else { throw GatewayError(.configurationInvalid, "The configuration cannot be written: \(failure)") }
      throw GatewayError(
        .configurationInvalid, "\(path) exists already.", suggestions: ["Replace it with --overwrite; its keys then stop working."])
    }
    var message = "Generated default config at \(path)"
    var keyPath: String?
    // The configuration is in place, and its keys are shown this once.
    do { keyPath = try template.storeKey(beside: path) } catch { message += ", but its key could not be stored beside it: \(error)" }
    return [
      "status": "success", "message": .string(message), "config_path": .string(path),
      "gateway_key": .string(template.key), "admin_apikey": .string(template.adminKey),
      "gateway_key_file": keyPath.map(JSONValue.string) ?? .null,
    ]
  }
}

extension GenerateConfig {
  /// Under the lock of all writers; a file that is replaced is kept as a backup.
  private static func write(_ template: ConfigTemplate, to path: String, overwriting: Bool) throws {
    let lock = try FileLock.take(of: path)
    defer { withExtendedLifetime(lock) {} }
    var before: KeyDigest?
    if FileState(of: path) != nil {
      guard overwriting else { throw FileBytes.Failure(path: path, reason: "exists already", code: EEXIST) }
      let bytes = try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes).bytes
      before = KeyDigest(of: bytes)
      _ = try BackupFiles(of: path).keep(bytes)
    }
    try AuditLog(configPath: path).append(
      AuditEntry(
        actor: AdminCaller.localUser, surface: "cli", operation: name, outcome: .done, input: ["overwrite": .bool(overwriting)],
        before: before?.hex, after: KeyDigest(of: template.text).hex))
    try FileBytes.write(
      ConfigSchema.text(), to: FilePath.directory(of: path) + "/" + ConfigSchema.fileName, mode: 0o644, replacing: true)
    try template.write(to: path, overwriting: overwriting)
  }
}

/// `config validate`: everything that `serve` checks before it listens.
package enum ConfigValidate: Operation {
  package static let name = "config validate"
  package static let isMutation = false

  /// - Throws: `ConfigError`, `PluginHostError` or `GatewayError` with each problem and its place.
  package static func run(_ input: NoInput, _ context: LocalContext) async throws -> JSONValue {
    let source = context.lookup.find()
    guard source.origin != .defaults else {
      throw GatewayError(
        .configurationMissing, "There is no configuration file; without one nobody gets in.",
        suggestions: ["Write one with `secure-mcp-gateway generate-config`, or name one with --config."])
    }
    let gateway = try await Gateway.open(source, executable: context.executable, isServing: false)
    let snapshot = gateway.store.snapshot
    let listings = gateway.plugins.providers.map { "\($0.kind.rawValue) \($0.name) (\($0.pluginID) \($0.version))" }
    await gateway.close(deadline: .now() + Limits.Transport.drainTimeout)
    return [
      "status": "success", "message": "The configuration is valid", "config_path": .string(snapshot.source.description),
      "sha256": .string(snapshot.sha256), "mcp_configs": .int(snapshot.config.mcpConfigs.count),
      "projects": .int(snapshot.config.projects.count), "users": .int(snapshot.config.users.count),
      "apikeys": .int(snapshot.config.apiKeys.count), "providers_found": .array(listings.map(JSONValue.string)),
      "warnings": .array(snapshot.warnings.map { .string($0.description) }),
    ]
  }
}

extension ConfigLookup {
  /// Where a new file goes: where the user says, else where the gateway will look for it.
  var newFilePath: String {
    let source = find()
    switch source.origin {
    case .commandLine, .environment: return source.path ?? userPath
    case .container, .user, .example, .defaults: return userPath
    }
  }
}
