internal import JSON

/// Reads a configuration document: strict about names and types, complete in its complaints.
struct ConfigReader {
  let diagnostics: Diagnostics
  /// Directory of the file: relative paths start here.
  let directory: String

  /// The document's typed form and what is noteworthy in it; or every mistake. `file` is how messages call it.
  package static func read(_ document: [UInt8], file: String, directory: String) throws(ConfigError) -> (
    config: GatewayConfig, warnings: [ConfigProblem]
  ) {
    let root = try parse(document, file: file)
    let reader = ConfigReader(diagnostics: Diagnostics(), directory: directory)
    let config = Fields.read(root, reader.diagnostics, reader.document)
    let problems = reader.diagnostics.problems(in: root, of: document, file: file)
    guard let config, problems.errors.isEmpty else { throw ConfigError(problems.errors, omitted: reader.diagnostics.omittedErrors) }
    return (config, problems.warnings)
  }

  static func parse(_ document: [UInt8], file: String) throws(ConfigError) -> RawJSON {
    guard document.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      throw ConfigError(file: file, reason: "the file is empty", suggestion: generateHint)
    }
    do {
      return try RawJSON(validating: document, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes))
    } catch {
      let (line, column) = error.lineAndColumn(in: document)
      let hint = error.reason == .unexpectedEnd ? "the file may be half-written" : nil
      throw ConfigError([
        ConfigProblem(file: file, line: line, column: column, reason: "not valid JSON: \(error.reason.rawValue)", suggestion: hint)
      ])
    }
  }

  static let generateHint = "\"secure-mcp-gateway generate-config\" writes a working one"

  /// What a document may hold, as the reader shows it on an example that has everything.
  /// - Returns: the schema, the keys whose schema did not show, and the mistakes of the example.
  static func schema(from example: [UInt8]) throws(ConfigError) -> (schema: JSONObject, unknown: [String], errors: [ConfigProblem]) {
    let root = try parse(example, file: "example")
    let recorder = SchemaRecorder()
    let reader = ConfigReader(diagnostics: Diagnostics(recorder: recorder), directory: "/")
    _ = Fields.read(root, reader.diagnostics, reader.document)
    let schema = recorder.schema(of: root)
    return (schema, recorder.unknown, reader.diagnostics.problems(in: root, of: example, file: "example").errors)
  }

  private func document(_ fields: Fields) -> GatewayConfig {
    var config = GatewayConfig()
    _ = fields.string("$schema")
    config.common = fields.object("common_mcp_gateway_config", common) ?? config.common
    config.gateway = fields.object("gateway", listener) ?? config.gateway
    config.adminAPI = fields.object("admin_api", adminAPI) ?? config.adminAPI
    config.adminKey = adminKey(fields)
    config.plugins = fields.object("plugins", plugins) ?? config.plugins
    enkryptAccount(fields)
    let deniedEverywhere = localOverrides(fields)
    let servers = ServerReader(config: self, common: config.common, plugins: config.plugins, deniedTools: deniedEverywhere)
    config.mcpConfigs = servers.mcpConfigs(fields)
    let directory = DirectoryReader(diagnostics: diagnostics)
    config.users = directory.users(fields)
    config.projects = directory.projects(fields, users: config.users, mcpConfigs: config.mcpConfigs)
    config.apiKeys = directory.apiKeys(fields, projects: config.projects, users: config.users)
    return config
  }

  /// `enkrypt_config` of 2.1.4 and later: read by no part of the gateway yet, and harmless.
  private func enkryptAccount(_ fields: Fields) {
    _ = fields.object("enkrypt_config") { account in
      for name in ["api_key", "base_url", "org_id"] { _ = account.string(name) }
    }
  }

  /// `local_server_overrides` of 2.2: per server name, what holds in whichever config it stands. Returns its denied tools.
  private func localOverrides(_ fields: Fields) -> [String: [DeniedTool]] {
    var denied: [String: [DeniedTool]] = [:]
    for entry in fields.map("local_server_overrides") where !Fields.isComment(entry.name) {
      denied[entry.name] = Fields.read(entry.value, diagnostics) { fields in
        sandbox(fields)
        return deniedTools(fields)
      }
    }
    return denied
  }
}
