internal import JSON

/// MCP configs: named sets of servers.
enum ConfigOperations {
  static let all = [list, add, copy, rename, get, listProjects, remove, validate, search, export, importing]

  static let list = AdminOperation.look("config list", "List the MCP configs.", .get("/configs")) { call in
    let document = try call.document()
    var users: [String: [JSONValue]] = [:]
    for project in document.entries(.projects) {
      if let id = project.value["mcp_config_id"]?.stringValue {
        users[id, default: []].append(["project_id": .string(project.id), "project_name": .string(project.name)])
      }
    }
    return Answer(
      .array(
        document.entries(.configs).map { config in
          [
            "mcp_config_id": .string(config.id), "mcp_config_name": .string(config.name),
            "servers": .int(config.value["mcp_config"]?.itemCount ?? 0), "used_by_projects": .array(users[config.id] ?? []),
          ]
        }))
  }.answering(
    .list(
      .object([
        "mcp_config_id": .string, "mcp_config_name": .string, "servers": .integer,
        "used_by_projects": .list(.object(["project_id": .string, "project_name": .string])),
      ])))

  static let add = AdminOperation.change(
    "config add", "Add an MCP config without servers.", .post("/configs"), [Inputs.configName.required]
  ) { edit in
    let name = try edit.input.newName(Inputs.configName)
    let id = try edit.insertConfig(name, servers: [], [:])
    return Answer(created(id, name), message: "Config '\(name)' added.", lines: ["mcp_config_id"])
  }.answering(.object(["mcp_config_id": .string, "config_id": .string, "config_name": .string]))

  static let copy = AdminOperation.change(
    "config copy", "Copy an MCP config with its servers.", .post("/configs/copy"),
    [Inputs.sourceConfig.required, Inputs.targetConfig.required]
  ) { edit in
    let source = try edit.entry(.configs, Inputs.sourceConfig)
    let name = try edit.input.newName(Inputs.targetConfig)
    var members = source.value.value.objectValue ?? [:]
    for stale in ["updated_at", "imported_at"] { members.removeValue(forKey: stale) }
    let id = try edit.insertConfig(name, servers: members["mcp_config"]?.arrayValue ?? [], members)
    return Answer(created(id, name), message: "Config '\(source.title)' copied to '\(name)' with ID: \(id)", lines: ["mcp_config_id"])
  }.answering(.object(["mcp_config_id": .string, "config_id": .string, "config_name": .string]))

  private static func created(_ id: String, _ name: String) -> JSONValue {
    ["mcp_config_id": .string(id), "config_id": .string(id), "config_name": .string(name)]
  }

  static let rename = AdminOperation.change(
    "config rename", "Give an MCP config another name.", .put("/configs/{config_id}/rename"),
    [Inputs.config.required, Inputs.newName.required]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    let name = try edit.input.newName(Inputs.newName)
    try edit.expectFree(.configs, name, besides: config.id)
    edit.json.set(.string(name), at: config.path + ["mcp_config_name"])
    edit.touch(config)
    return Answer(message: "Config '\(config.title)' renamed to '\(name)'")
  }.answering(.null)

  static let get = AdminOperation.look(
    "config get", "Show an MCP config, secrets masked.", .get("/configs/{config_id}"),
    [Inputs.config.required, Inputs.showSecrets.optional],
    needs: .administer
  ) { call in
    let config = try call.document().entry(.configs, call.input.require(Inputs.config))
    let shown = call.input.find(Inputs.showSecrets) == true ? config.value.value : DocumentMask.config(config.value.value)
    return Answer(withID(config, shown))
  }.answering(.open(["mcp_config_id": .string, "mcp_config": .list(.open([:]))]))

  static func withID(_ entry: ConfigDocument.Entry, _ shown: JSONValue) -> JSONValue {
    let name =
      switch entry.section {
      case .configs: "mcp_config_id"
      case .projects: "project_id"
      case .users: "user_id"
      }
    var document: JSONObject = [name: .string(entry.id)]
    for (member, value) in shown.objectValue ?? [:] where member != name { document[member] = value }
    return .object(document)
  }

  static let listProjects = AdminOperation.look(
    "config list-projects", "List the projects that use an MCP config.", .get("/configs/{config_id}/projects"), [Inputs.config.required]
  ) { call in
    let document = try call.document()
    let config = try document.entry(.configs, call.input.require(Inputs.config))
    return Answer(
      .array(
        document.projects(using: config).map {
          ["project_id": .string($0.id), "project_name": .string($0.name), "users": .int($0.value["users"]?.itemCount ?? 0)]
        }))
  }.answering(.list(.object(["project_id": .string, "project_name": .string, "users": .integer])))

  static let remove = AdminOperation.change(
    "config remove", "Remove an MCP config that no project uses.", .delete("/configs/{config_id}"), [Inputs.config.required]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    let projects = edit.document.projects(using: config)
    guard projects.isEmpty else {
      throw GatewayError(
        .configurationInvalid,
        "Config '\(config.title)' is used by \(projects.count) project(s): \(projects.prefix(8).map(\.title).joined(separator: ", ")).",
        suggestions: ["Take it from them first: `project unassign-config`."])
    }
    edit.json.remove(at: config.path)
    return Answer(message: "Config '\(config.title)' removed.")
  }.answering(.null)

  static let search = AdminOperation.look(
    "config search", "Find MCP configs by their name or by that of a server.", .post("/configs/search"), [Inputs.searchTerm.required]
  ) { call in
    let term = try call.input.require(Inputs.searchTerm).lowercased()
    let found = try call.document().entries(.configs).compactMap { config -> JSONValue? in
      let servers = config.serverNames
      let isNamed = config.name.lowercased().contains(term)
      guard isNamed || servers.contains(where: { $0.lowercased().contains(term) }) else { return nil }
      return [
        "mcp_config_id": .string(config.id), "mcp_config_name": .string(config.name),
        "match_type": .string(isNamed ? "config_name" : "server_name"), "servers": .int(servers.count),
      ]
    }
    return Answer(.array(found))
  }.answering(
    .list(.object(["mcp_config_id": .string, "mcp_config_name": .string, "match_type": .string, "servers": .integer])))

  /// The whole document is read, since a config can be wrong by what it refers to; what is told is about this config.
  static let validate = AdminOperation.look(
    "config validate", "Check an MCP config.", .post("/configs/{config_id}/validate"), [Inputs.config.required]
  ) { call in
    call.reading.goesBeyond()
    let document = try call.document()
    let config = try document.entry(.configs, call.input.require(Inputs.config))
    let place = JSONPointer().appending("mcp_configs").appending(config.id).description
    do throws(ConfigError) {
      let (_, warnings) = try ConfigReader.read(document.bytes, file: document.path, directory: FilePath.directory(of: document.path))
      let own = warnings.filter { $0.pointer == place || $0.pointer.hasPrefix(place + "/") }
      return Answer(
        ["valid": true, "issues": [], "warnings": .array(own.map { .string($0.description) })], message: "Config '\(config.title)' is valid"
      )
    } catch {
      let own = error.problems.filter { $0.pointer == place || $0.pointer.hasPrefix(place + "/") || $0.pointer.isEmpty }
      guard own.isEmpty else {
        return Answer(
          ["valid": false, "issues": .array(own.map { .string($0.description) }), "warnings": []],
          message: "Config '\(config.title)' has \(own.count) mistake(s).", isBad: true)
      }
      return Answer(
        ["valid": true, "issues": [], "warnings": []],
        message: "Config '\(config.title)' is valid; elsewhere the file has mistakes: see `config validate` without a name.")
    }
  }.answering(.object(["valid": .boolean, "issues": .list(.string), "warnings": .list(.string)]))

  static let export = AdminOperation.look(
    "config export", "Write an MCP config, secrets included, to a file that only you can read.", .post("/configs/{config_id}/export"),
    [Inputs.config.required], needs: .administer
  ) { call in
    let config = try call.document().entry(.configs, call.input.require(Inputs.config))
    let document: JSONValue = [
      "mcp_config_id": .string(config.id), "exported_at": .string(String(WallClock.iso8601().dropLast())), "config": config.value.value,
    ]
    return Answer(document, message: "Config '\(config.title)' exported.", file: document.serialized(pretty: true))
  }.exporting(.object(["mcp_config_id": .string, "exported_at": .string, "config": .open([:])]))

  static let importing = AdminOperation.change(
    "config import", "Add an MCP config from an exported document, under a new name.", .post("/configs/import"),
    [Inputs.document.required, Inputs.configName.required]
  ) { edit in
    let document = try edit.input.require(Inputs.document)
    let entry = document["config"] ?? document
    let servers = entry.kind == .array ? entry.value.arrayValue : entry["mcp_config"]?.value.arrayValue
    guard let servers else {
      throw GatewayError(.toolInvalidArguments, "The document is no exported MCP config: it has no list 'mcp_config'.")
    }
    let name = try edit.input.newName(Inputs.configName)
    var members = entry.value.objectValue ?? [:]
    members["imported_at"] = .string(edit.now)
    let id = try edit.insertConfig(name, servers: servers, members)
    return Answer(created(id, name), message: "Config '\(name)' imported with \(servers.count) server(s).", lines: ["mcp_config_id"])
  }.answering(.object(["mcp_config_id": .string, "config_id": .string, "config_name": .string]))
}

extension AdminEdit {
  /// A new entry of `mcp_configs`; `members` are those of an entry it is made from. Returns its id.
  mutating func insertConfig(_ name: String, servers: [JSONValue], _ members: JSONObject) throws -> String {
    try expectFree(.configs, name)
    let id = RandomID.uuid()
    var entry: JSONObject = ["mcp_config_name": .string(name), "mcp_config": .array(servers)]
    for (member, value) in members where entry[member] == nil && member != "mcp_config_id" { entry[member] = value }
    entry["created_at"] = .string(now)
    json.set(.object(entry), at: ["mcp_configs", .member(id)])
    return id
  }
}

extension ConfigDocument {
  func projects(using config: Entry) -> [Entry] { entries(.projects).filter { $0.value["mcp_config_id"]?.stringValue == config.id } }
}

extension ConfigDocument.Entry {
  /// Of an MCP config: its servers' names.
  var serverNames: [String] { value["mcp_config"]?.elements.compactMap { $0["server_name"]?.stringValue } ?? [] }
}
