internal import JSON

/// Projects: users who share one MCP config.
enum ProjectOperations {
  static let all = [list, create, get, getConfig, assignConfig, unassignConfig, remove, search, export]

  static let list = AdminOperation.look("project list", "List the projects.", .get("/projects")) { call in
    let document = try call.document()
    let names = Dictionary(document.entries(.configs).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    var keys: [String: Int] = [:]
    for key in document.keys { keys[key.projectID, default: 0] += 1 }
    return Answer(
      .array(
        document.entries(.projects).map { project in
          let configID = project.value["mcp_config_id"]?.stringValue
          return [
            "project_name": .string(project.name), "project_id": .string(project.id),
            "mcp_config": configID.map { ["id": .string($0), "name": names[$0].map(JSONValue.string) ?? .null] } ?? .null,
            "users": .int(project.userIDs.count), "api_keys": .int(keys[project.id] ?? 0),
            "created_at": project.value["created_at"]?.value ?? .null,
          ]
        }))
  }.answering(
    .list(
      .object([
        "project_name": .string, "project_id": .string, "mcp_config": .nullable(.object(["id": .string, "name": .nullable(.string)])),
        "users": .integer, "api_keys": .integer, "created_at": .any,
      ])))

  static let create = AdminOperation.change("project create", "Create a project.", .post("/projects"), [Inputs.projectName.required]) {
    edit in
    let name = try edit.input.newName(Inputs.projectName)
    try edit.expectFree(.projects, name)
    let id = RandomID.uuid()
    edit.json.set(
      ["project_name": .string(name), "mcp_config_id": .null, "users": [], "created_at": .string(edit.now)],
      at: ["projects", .member(id)])
    return Answer(
      ["project_id": .string(id), "project_name": .string(name)], message: "Project '\(name)' created.", lines: ["project_id"])
  }.answering(.object(["project_id": .string, "project_name": .string]))

  static let get = AdminOperation.look("project get", "Show a project.", .get("/projects/{project_id}"), [Inputs.project.required]) {
    call in
    let document = try call.document()
    let project = try document.entry(.projects, call.input.require(Inputs.project))
    let users = DirectoryNames(document).users
    var answer = ConfigOperations.withID(project, project.value.value).objectValue ?? [:]
    answer["users"] = .array(
      project.userIDs.map { ["user_id": .string($0), "email": users[$0].map(JSONValue.string) ?? .null] })
    let config = try project.value["mcp_config_id"]?.stringValue.map { try document.entry(.configs, $0) }
    answer["mcp_config"] = config.map { ["id": .string($0.id), "name": .string($0.name)] } ?? .null
    answer["api_keys"] = .int(document.keys.count { $0.projectID == project.id })
    if let old = answer["mcp_configs"]?.arrayValue { answer["mcp_configs"] = .array(old.map(DocumentMask.config)) }
    return Answer(.object(answer))
  }.answering(
    .open([
      "project_id": .string, "users": .list(.object(["user_id": .string, "email": .nullable(.string)])),
      "mcp_config": .nullable(.object(["id": .string, "name": .string])), "api_keys": .integer,
    ])
  ).openToMembers()

  static let getConfig = AdminOperation.look(
    "project get-config",
    "Show the MCP config of a project: to administrators with secrets masked, to its members without the values that servers run with.",
    .get("/projects/{project_id}/config"),
    [Inputs.project.required],
    needs: .administer
  ) { call in
    let document = try call.document()
    let project = try document.entry(.projects, call.input.require(Inputs.project))
    guard let id = project.value["mcp_config_id"]?.stringValue else {
      throw GatewayError(
        .configurationMissing, "Project '\(project.title)' has no MCP config.", suggestions: ["Give it one: `project assign-config`."])
    }
    let config = try document.entry(.configs, id)
    let shown = call.isMember ? DocumentMask.usedConfig(config.value.value) : DocumentMask.config(config.value.value)
    return Answer(ConfigOperations.withID(config, shown))
  }.answering(.open(["mcp_config_id": .string])).openToMembers()

  static let assignConfig = AdminOperation.change(
    "project assign-config", "Give a project an MCP config.", .post("/projects/{project_id}/assign-config"),
    [Inputs.project.required, Inputs.config.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    let config = try edit.entry(.configs, Inputs.config)
    edit.json.set(.string(config.id), at: project.path + ["mcp_config_id"])
    edit.touch(project)
    return Answer(message: "Config '\(config.title)' assigned to project '\(project.title)'")
  }.answering(.null)

  static let unassignConfig = AdminOperation.change(
    "project unassign-config", "Take its MCP config from a project. Its keys are refused until it has one.",
    .post("/projects/{project_id}/unassign-config"), [Inputs.project.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    edit.json.set(.null, at: project.path + ["mcp_config_id"])
    edit.touch(project)
    return Answer(message: "Config unassigned from project '\(project.title)'")
  }.answering(.null)

  static let remove = AdminOperation.change(
    "project remove", "Remove a project that has no keys.", .delete("/projects/{project_id}"), [Inputs.project.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    let keys = edit.document.keys.filter { $0.projectID == project.id }
    guard keys.isEmpty else {
      throw GatewayError(
        .configurationInvalid, "Project '\(project.title)' has \(keys.count) key(s): \(keys.prefix(8).map(\.id).joined(separator: ", ")).",
        suggestions: ["Delete them first: `apikey delete --api-key ID`."])
    }
    edit.json.remove(at: project.path)
    return Answer(message: "Project '\(project.title)' removed.")
  }.answering(.null)

  static let search = AdminOperation.look(
    "project search", "Find projects by their name.", .post("/projects/search"), [Inputs.searchTerm.required]
  ) { call in
    let term = try call.input.require(Inputs.searchTerm).lowercased()
    let found = try call.document().entries(.projects).filter { $0.name.lowercased().contains(term) }
    return Answer(
      .array(
        found.map {
          [
            "project_id": .string($0.id), "project_name": .string($0.name), "mcp_config_id": $0.value["mcp_config_id"]?.value ?? .null,
            "users": .int($0.userIDs.count), "created_at": $0.value["created_at"]?.value ?? .null,
          ]
        }))
  }.answering(
    .list(.object(["project_id": .string, "project_name": .string, "mcp_config_id": .any, "users": .integer, "created_at": .any])))

  static let export = AdminOperation.look(
    "project export", "Write a project with its users and its MCP config, secrets included, to a file that only you can read.",
    .post("/projects/{project_id}/export"), [Inputs.project.required], needs: .administer
  ) { call in
    let document = try call.document()
    let project = try document.entry(.projects, call.input.require(Inputs.project))
    let members = Set(project.userIDs)
    var users = JSONObject()
    for user in document.entries(.users) where members.contains(user.id) { users[user.id] = user.value.value }
    let config = try project.value["mcp_config_id"]?.stringValue.map { try document.entry(.configs, $0).value.value }
    let exported: JSONValue = [
      "project_id": .string(project.id), "exported_at": .string(String(WallClock.iso8601().dropLast())), "project": project.value.value,
      "users": .object(users), "mcp_config": config ?? .null,
    ]
    return Answer(exported, message: "Project '\(project.title)' exported.", file: exported.serialized(pretty: true))
  }.exporting(
    .object([
      "project_id": .string, "exported_at": .string, "project": .open([:]), "users": .open([:]), "mcp_config": .nullable(.open([:])),
    ]))
}

extension ConfigDocument.Entry {
  /// Of a project: its members.
  var userIDs: [String] { value["users"]?.elements.compactMap(\.stringValue) ?? [] }
}
