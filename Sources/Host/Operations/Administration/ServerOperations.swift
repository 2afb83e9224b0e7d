internal import JSON

/// The servers of an MCP config.
enum ServerOperations {
  static let all = [list, get, add, update, remove, removeAll]

  static let list = AdminOperation.look(
    "config list-servers", "List the servers of an MCP config, secrets masked.", .get("/configs/{config_id}/servers"),
    [Inputs.config.required]
  ) { call in
    let config = try call.document().entry(.configs, call.input.require(Inputs.config))
    return Answer(.array(config.value["mcp_config"]?.elements.map { row(DocumentMask.server($0.value)) } ?? []))
  }.answering(.list(.open(["server_name": .any, "tools": .integer])))

  private static func row(_ server: JSONValue) -> JSONValue {
    var row: JSONObject = ["server_name": server["server_name"] ?? "", "description": server["description"] ?? ""]
    if let url = server["config"]?["url"] ?? server["config"]?["serverUrl"] {
      row["url"] = url
    } else {
      row["command"] = server["config"]?["command"] ?? .null
      row["args"] = server["config"]?["args"] ?? []
    }
    row["tools"] = .int(server["tools"]?.objectValue?.count ?? 0)
    for (name, members) in PolicyOperations.members {
      row["\(name)_guardrails_enabled"] = .bool(members.contains { server[$0]?["enabled"]?.boolValue == true })
    }
    return .object(row)
  }

  static let get = AdminOperation.look(
    "config get-server", "Show a server's entry, secrets masked.", .get("/configs/{config_id}/servers/{server_name}"),
    [Inputs.config.required, Inputs.serverName.required, Inputs.showSecrets.optional], needs: .administer
  ) { call in
    let config = try call.document().entry(.configs, call.input.require(Inputs.config))
    let server = try config.server(call.input.require(Inputs.serverName)).value.value
    return Answer(call.input.find(Inputs.showSecrets) == true ? server : DocumentMask.server(server))
  }.answering(.open(["server_name": .string]))

  static let add = AdminOperation.change(
    "config add-server", "Add a server: a command, or a URL.", .post("/configs/{config_id}/servers"),
    [
      Inputs.config.required, Inputs.serverName.required, Inputs.serverCommand.optional, Inputs.arguments.optional,
      Inputs.environment.optional,
      Inputs.serverURL.optional, Inputs.transport.optional, Inputs.headers.optional, Inputs.tools.optional, Inputs.description.optional,
      Inputs.inputPolicyOfServer.optional, Inputs.outputPolicyOfServer.optional,
    ]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    let name = try edit.input.newName(Inputs.serverName)
    guard !config.serverNames.contains(where: { $0 == name }) else {
      throw GatewayError(.configurationInvalid, "Config '\(config.title)' has a server '\(Fields.shown(name))' already.")
    }
    let server: JSONObject = [
      "server_name": .string(name), "description": .string(edit.input.find(Inputs.description) ?? ""),
      "config": .object(try reach(edit.input)),
      "tools": .object(edit.input.find(Inputs.tools) ?? [:]),
      "input_guardrails_policy": .object(edit.input.find(Inputs.inputPolicyOfServer) ?? PolicyOperations.disabledInput),
      "output_guardrails_policy": .object(edit.input.find(Inputs.outputPolicyOfServer) ?? PolicyOperations.disabledOutput),
    ]
    edit.json.append(.object(server), to: config.path + ["mcp_config"])
    edit.touch(config)
    return Answer(message: "Server '\(name)' added to config '\(config.title)'")
  }.answering(.null)

  /// `config` of a new server.
  private static func reach(_ input: AdminInput) throws -> JSONObject {
    let command = input.find(Inputs.serverCommand)
    let url = input.find(Inputs.serverURL)
    let ofCommand = input.find(Inputs.arguments) != nil || input.find(Inputs.environment) != nil
    let ofURL = input.find(Inputs.transport) != nil || input.find(Inputs.headers) != nil
    switch (command, url) {
    case (let command?, nil):
      if ofURL { throw mixed("transport and headers", "a command") }
      var config: JSONObject = ["command": .string(command), "args": .array((input.find(Inputs.arguments) ?? []).map(JSONValue.string))]
      if let environment = input.find(Inputs.environment) { config["env"] = .object(environment) }
      return config
    case (nil, let url?):
      if ofCommand { throw mixed("args and env", "a URL") }
      var config: JSONObject = ["url": .string(url)]
      if let transport = input.find(Inputs.transport) { config["transport"] = .string(transport) }
      if let headers = input.find(Inputs.headers) { config["headers"] = .object(headers) }
      return config
    default:
      throw GatewayError(.toolInvalidArguments, "A server is either a command ('server_command') or a URL ('server_url').")
    }
  }

  private static func mixed(_ fields: String, _ kind: String) -> GatewayError {
    GatewayError(.toolInvalidArguments, "A server that is \(kind) has no \(fields).")
  }

  static let update = AdminOperation.change(
    "config update-server", "Change what is given of a server; the rest stays.", .put("/configs/{config_id}/servers/{server_name}"),
    [
      Inputs.config.required, Inputs.serverName.required, Inputs.serverCommand.optional, Inputs.arguments.optional,
      Inputs.environment.optional,
      Inputs.serverURL.optional, Inputs.transport.optional, Inputs.headers.optional, Inputs.tools.optional, Inputs.description.optional,
    ]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    let server = try config.server(edit.input.require(Inputs.serverName))
    let changes: [([EditableJSON.Step], JSONValue?)] = [
      (["config", "command"], edit.input.find(Inputs.serverCommand).map(JSONValue.string)),
      (["config", "args"], edit.input.find(Inputs.arguments).map { .array($0.map(JSONValue.string)) }),
      (["config", "env"], edit.input.find(Inputs.environment).map(JSONValue.object)),
      (["config", "url"], edit.input.find(Inputs.serverURL).map(JSONValue.string)),
      (["config", "transport"], edit.input.find(Inputs.transport).map(JSONValue.string)),
      (["config", "headers"], edit.input.find(Inputs.headers).map(JSONValue.object)),
      (["tools"], edit.input.find(Inputs.tools).map(JSONValue.object)),
      (["description"], edit.input.find(Inputs.description).map(JSONValue.string)),
    ]
    guard changes.contains(where: { $0.1 != nil }) else { throw GatewayError(.toolInvalidArguments, "There is nothing to change.") }
    for (path, value) in changes {
      if let value { edit.json.set(value, at: server.path + path) }
    }
    edit.touch(config)
    return Answer(message: "Server '\(server.name)' updated in config '\(config.title)'")
  }.answering(.null)

  static let remove = AdminOperation.change(
    "config remove-server", "Remove a server.", .delete("/configs/{config_id}/servers/{server_name}"),
    [Inputs.config.required, Inputs.serverName.required]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    let server = try config.server(edit.input.require(Inputs.serverName))
    edit.json.remove(at: server.path)
    edit.touch(config)
    return Answer(message: "Server '\(server.name)' removed from config '\(config.title)'")
  }.answering(.null)

  static let removeAll = AdminOperation.change(
    "config remove-all-servers", "Remove all servers of an MCP config.", .delete("/configs/{config_id}/servers"), [Inputs.config.required]
  ) { edit in
    let config = try edit.entry(.configs, Inputs.config)
    edit.json.set([], at: config.path + ["mcp_config"])
    edit.touch(config)
    return Answer(message: "\(config.serverNames.count) server(s) removed from config '\(config.title)'")
  }.answering(.null)
}

extension ConfigDocument.Entry {
  /// One server of an MCP config, and where it stands.
  struct Server {
    var name: String
    var value: RawJSON
    var path: [EditableJSON.Step]
  }

  /// The server of exactly this name.
  func server(_ name: String) throws(GatewayError) -> Server {
    for (index, value) in (self.value["mcp_config"]?.elements.map { $0 } ?? []).enumerated() where value["server_name"]?.stringValue == name
    {
      return Server(name: name, value: value, path: path + ["mcp_config", .element(index)])
    }
    throw ConfigDocument.unknown("server", name, among: serverNames, listedBy: "config list-servers")
  }
}
