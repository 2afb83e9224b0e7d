internal import JSON

/// The configuration as a whole.
enum SystemOperations {
  static let all = [healthCheck, backup, restore, reset, generateAdminKey]

  private static let requiredSections = ["common_mcp_gateway_config", "projects", "users", "apikeys"]

  static let healthCheck = AdminOperation.look(
    "system health-check", "Check the configuration and count what is in it.", .get("/system/health")
  ) { call in
    call.reading.goesBeyond()
    var issues: [String] = []
    var warnings: [String] = []
    var document: ConfigDocument?
    do {
      let found = try call.document()
      document = found
      issues = requiredSections.filter { found.root[$0] == nil }.map { "Missing required section: \($0)" }
      warnings = try ConfigReader.read(found.bytes, file: found.path, directory: FilePath.directory(of: found.path)).warnings.map(
        \.description)
      warnings += loose(found)
    } catch let error as ConfigError {
      issues += error.problems.map(\.description)
    }
    let isHealthy = issues.isEmpty
    let report: JSONValue = [
      "timestamp": .string(String(WallClock.iso8601().dropLast())), "status": isHealthy ? "healthy" : "unhealthy",
      "issues": .array(issues.map(JSONValue.string)), "warnings": .array(warnings.map(JSONValue.string)),
      "statistics": statistics(document),
    ]
    return Answer(report, isBad: !isHealthy)
  }.answering(
    .object([
      "timestamp": .string, "status": .string, "issues": .list(.string), "warnings": .list(.string),
      "statistics": .object([
        "total_projects": .integer, "total_users": .integer, "total_configs": .integer, "total_api_keys": .integer,
        "disabled_api_keys": .integer,
      ]),
    ]))

  /// What is right and yet leads nowhere.
  private static func loose(_ document: ConfigDocument) -> [String] {
    let projects = document.entries(.projects)
    let members = Set(projects.flatMap(\.userIDs))
    return projects.filter { $0.value["mcp_config_id"]?.stringValue == nil }.map { "Project '\($0.title)' has no MCP config" }
      + projects.filter { $0.userIDs.isEmpty }.map { "Project '\($0.title)' has no users" }
      + document.entries(.users).filter { !members.contains($0.id) }.prefix(Limits.Config.maxProblems)
      .map { "User '\($0.title)' is in no project" }
  }

  private static func statistics(_ document: ConfigDocument?) -> JSONValue {
    let keys = document?.keys ?? []
    return [
      "total_projects": .int(document?.entries(.projects).count ?? 0), "total_users": .int(document?.entries(.users).count ?? 0),
      "total_configs": .int(document?.entries(.configs).count ?? 0), "total_api_keys": .int(keys.count),
      "disabled_api_keys": .int(keys.count { $0.value["disabled"]?.boolValue == true }),
    ]
  }

  static let backup = AdminOperation.look(
    "system backup", "Write the whole configuration, secrets included, to a file that only you can read.", .post("/system/backup"),
    needs: .administer
  ) { call in
    let document = try call.document()
    let head = "{\n  \"backup_version\": \"1.0\",\n  \"timestamp\": \"\(WallClock.iso8601().dropLast())\",\n  \"config\": "
    return Answer(
      .null, message: "Revision \(document.revision) backed up.", file: Array(head.utf8) + document.root.bytes + Array("\n}".utf8))
  }.exporting(.object(["backup_version": .string, "timestamp": .string, "config": .open([:])]))

  static let restore = AdminOperation.change(
    "system restore", "Replace the whole configuration by a backup, if that is right in every part.", .post("/system/restore"),
    [Inputs.document.required]
  ) { edit in
    let document = try edit.input.require(Inputs.document)
    let config = document["backup_version"] != nil ? document["config"] : document
    guard let config, config.kind == .object else {
      throw GatewayError(.toolInvalidArguments, "The document is no backup: it has no object 'config'.")
    }
    let missing = requiredSections.filter { config[$0] == nil }
    guard missing.isEmpty else {
      throw GatewayError(
        .configurationValidationFailed, "Nothing was changed, because the backup has no \(missing.joined(separator: ", ")).")
    }
    edit.json.replaceAll(with: config)
    return Answer(message: "System restored.")
  }.answering(.null)

  static let reset = AdminOperation.change(
    "system reset", "Replace the whole configuration by a new one with one server and one key.", .post("/system/reset"),
    [Inputs.confirm.optional], backupTag: "before_reset."
  ) { edit in
    guard edit.input.find(Inputs.confirm) == true else {
      throw GatewayError(
        .configurationInvalid, "A reset takes away all configs, projects, users and keys; nothing was changed.",
        suggestions: ["Give --confirm if that is what you want."])
    }
    let template = ConfigTemplate(executablePath: edit.executablePath)
    edit.json.replaceAll(with: RawJSON(template.document), isPretty: true)
    var answer = Answer(
      ["api_key": .string(template.key), "admin_apikey": .string(template.adminKey)],
      message: "System reset to the default configuration. The keys are not shown again.", lines: ["api_key", "admin_apikey"])
    let configPath = edit.document.path
    answer.finish = { try template.refreshStoredKey(beside: configPath) }
    return answer
  }.answering(.object(["api_key": .string, "admin_apikey": .string]))

  static let generateAdminKey = AdminOperation.change(
    "system generate-admin-key", "Make the key that administers over REST, in place of the one before. It is shown this once.",
    .post("/system/admin-key")
  ) { edit in
    let key = RandomID.gatewayKey()
    edit.json.set(.string(KeyName.stored(key)), at: ["admin_apikey"])
    return Answer(
      ["admin_apikey": .string(key), "key_id": .string(KeyName.id(of: key))],
      message: "The administrator's key is now \(KeyName.id(of: key)). It is not shown again.", lines: ["admin_apikey"])
  }.answering(.object(["admin_apikey": .string, "key_id": .string]))
}
