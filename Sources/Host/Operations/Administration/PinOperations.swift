internal import JSON

/// What was accepted of servers, and what waits for approval.
enum PinOperations {
  static let all = [pins, diff, approve, reset]
  private static let scope = [Inputs.config.optional, Inputs.pinnedServer.optional, Inputs.pinnedTool.optional]

  static let pins = AdminOperation.look(
    "tools pins", "List what was accepted of each server, and how it stands.", .get("/tools/pins"),
    [Inputs.config.optional, Inputs.pinnedServer.optional]
  ) { call in
    let version = try call.pins.read()
    let index = PinIndex(version.document)
    let selection = try PinSelection(call.input, call.document(), version.document)
    return Answer(.array(selection.servers.map { .object(listing($0, index)) }))
  }

  private static func listing(_ server: PinSelection.Server, _ index: PinIndex) -> JSONObject {
    var row = server.title
    row["in_configuration"] = .bool(server.isConfigured)
    row["endpoint"] = server.pins.newEndpoint == nil ? "accepted" : "changed"
    row["waiting"] = .int(server.pins.waiting.count + (server.pins.newEndpoint == nil ? 0 : 1))
    row["tools"] = .array(
      (server.pins.tools ?? [:]).sorted { $0.key < $1.key }.map { name, tool in
        var entry: JSONObject = [
          "name": .string(VisibleText.of(name)), "since": .string(tool.at), "digest": .string(tool.digest),
          "status": .string(server.pins.waiting[name]?.change.rawValue ?? "accepted"),
        ]
        let others = index.shadowed(by: name, of: server.key)
        if !others.isEmpty { entry["shadows"] = .array(others.map(JSONValue.string)) }
        return .object(entry)
      })
    return row
  }

  static let diff = AdminOperation.look(
    "tools diff", "Show what servers changed since it was accepted, and what waits for approval.", .get("/tools/diff"), scope
  ) { call in
    let version = try call.pins.read()
    let index = PinIndex(version.document)
    let tool = call.input.find(Inputs.pinnedTool)
    let servers = try PinSelection(call.input, call.document(), version.document).servers
    let changes = servers.flatMap { server in PinDifference.all(of: server, index).filter { tool == nil || $0.tool == tool } }
    return Answer(
      .array(changes.map(\.document)),
      message: changes.isEmpty ? "Nothing waits for approval." : "\(changes.count) waiting. `tools approve` lets them pass.")
  }

  static let approve = AdminOperation.pins(
    "tools approve", "Accept what servers changed, as `tools diff` shows it.", .post("/tools/approve"),
    scope + [Inputs.everything.optional, Inputs.digest.optional]
  ) { edit in
    try edit.input.requirePinScope()
    let tool = edit.input.find(Inputs.pinnedTool)
    let digest = edit.input.find(Inputs.digest)
    let index = PinIndex(edit.pins)
    var approved: [JSONValue] = []
    for server in try PinSelection(edit.input, edit.document, edit.pins).servers {
      var pins = server.pins
      for change in PinDifference.all(of: server, index) where tool == nil || change.tool == tool {
        if let digest, digest != change.digest {
          throw GatewayError(
            .configurationInvalid, "What waits now is not what was looked at: its digest is \(change.digest). Nothing was approved.",
            suggestions: ["`tools diff` shows it as it is now."])
        }
        if let name = change.tool {
          pins.approve(name, order: &edit.pins.order, now: edit.now)
        } else {
          pins.approveEndpoint(now: edit.now)
        }
        approved.append(change.summary)
        edit.changes += change.differences(below: [server.key.configID, server.key.server])
      }
      edit.pins.servers[server.key] = pins
    }
    guard !approved.isEmpty else {
      throw GatewayError(
        .configurationMissing, "Nothing of that waits for approval; nothing was changed.",
        suggestions: ["`tools diff` shows what waits. What a server changed is known once its tools were listed again."])
    }
    return Answer(.array(approved), message: "\(approved.count) approved. It counts from the gateway's next request on.")
  }

  static let reset = AdminOperation.pins(
    "tools reset", "Forget what was accepted of a server, so that what it says next is accepted as first seen.", .post("/tools/reset"),
    scope + [Inputs.everything.optional]
  ) { edit in
    try edit.input.requirePinScope()
    var forgotten: [JSONValue] = []
    for server in try PinSelection(edit.input, edit.document, edit.pins).servers {
      var title = server.title
      if let tool = edit.input.find(Inputs.pinnedTool) {
        guard server.pins.tools?[tool] != nil else {
          throw ConfigDocument.unknown("tool with a pin", tool, among: (server.pins.tools ?? [:]).keys.sorted(), listedBy: "tools pins")
        }
        edit.pins.servers[server.key]?.tools?[tool] = nil
        edit.pins.servers[server.key]?.waiting[tool] = nil
        title["tool_name"] = .string(VisibleText.of(tool))
      } else {
        edit.pins.servers[server.key] = nil
      }
      edit.changes.append(
        DocumentChange(
          kind: .remove, path: "/" + (title["tool_name"]?.stringValue.map { "\(server.key.server)/\($0)" } ?? server.key.server),
          before: .object(title)))
      forgotten.append(.object(title))
    }
    guard !forgotten.isEmpty else { throw GatewayError(.configurationMissing, "There are no pins; nothing was changed.") }
    return Answer(.array(forgotten), message: "Forgotten: what is listed next is accepted.")
  }
}

extension Inputs {
  static let pinnedServer = Field<String>(oneOf: ["server_name", "server"], "Name of the server.")
  static let pinnedTool = Field<String>(oneOf: ["tool_name", "tool"], "Name of the tool, as its server calls it.")
  static let everything = Field<Bool>("all", "Of all servers.")
  static let digest = Field<String>("digest", "Only if the change is the one with this digest, as `tools diff` showed it.")
}
