internal import JSON

/// Users: who keys belong to.
enum UserOperations {
  static let all = [list, create, get, update, delete, listProjects, search]

  static let list = AdminOperation.look("user list", "List the users.", .get("/users")) { call in
    let document = try call.document()
    return Answer(.array(rows(document.entries(.users), in: document)))
  }.answering(.list(row))

  private static let row = Shape.object([
    "user_id": .string, "email": .string, "created_at": .any,
    "projects": .list(.object(["project_id": .string, "project_name": .string])), "api_keys": .integer,
  ])

  private static func rows(_ users: [ConfigDocument.Entry], in document: ConfigDocument) -> [JSONValue] {
    var keys: [String: Int] = [:]
    for key in document.keys { keys[key.userID, default: 0] += 1 }
    var projects: [String: [JSONValue]] = [:]
    for project in document.entries(.projects) {
      for id in project.userIDs {
        projects[id, default: []].append(["project_id": .string(project.id), "project_name": .string(project.name)])
      }
    }
    return users.map { user in
      [
        "user_id": .string(user.id), "email": .string(user.name), "created_at": user.value["created_at"]?.value ?? .null,
        "projects": .array(projects[user.id] ?? []), "api_keys": .int(keys[user.id] ?? 0),
      ]
    }
  }

  static let create = AdminOperation.change("user create", "Create a user.", .post("/users"), [Inputs.email.required]) { edit in
    let email = try address(edit, Inputs.email)
    try edit.expectFree(.users, email)
    let id = RandomID.uuid()
    edit.json.set(["email": .string(email), "created_at": .string(edit.now)], at: ["users", .member(id)])
    return Answer(["user_id": .string(id), "email": .string(email)], message: "User '\(email)' created.", lines: ["user_id"])
  }.answering(.object(["user_id": .string, "email": .string]))

  /// Something before an @ and something after it (RFC 5321 allows far more than anybody can check).
  private static func address(_ edit: AdminEdit, _ field: Field<String>) throws -> String {
    let email = try edit.input.newName(field)
    let parts = email.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !email.contains(where: \.isWhitespace), email.utf8.count <= 254 else {
      throw GatewayError(.toolInvalidArguments, "'\(Fields.shown(email))' is no e-mail address.")
    }
    return email
  }

  static let get = AdminOperation.look("user get", "Show a user, keys masked.", .get("/users/{user_id}"), [Inputs.user.required]) { call in
    let document = try call.document()
    let user = try document.entry(.users, call.input.require(Inputs.user))
    let names = DirectoryNames(document)
    let (uses, problem) = call.keyUses.known()
    var answer = ConfigOperations.withID(user, user.value.value).objectValue ?? [:]
    answer["projects"] = .array(document.projects(of: user).map { ["project_id": .string($0.id), "project_name": .string($0.name)] })
    answer["api_keys"] = .array(document.keys.filter { $0.userID == user.id }.map { $0.document(names, uses) })
    return Answer(.object(answer), message: problem)
  }.answering(
    .open([
      "user_id": .string, "projects": .list(.object(["project_id": .string, "project_name": .string])), "api_keys": .list(KeyEntry.shape),
    ]))

  static let update = AdminOperation.change(
    "user update", "Give a user another e-mail address.", .put("/users/{user_id}"), [Inputs.user.required, Inputs.newEmail.required]
  ) { edit in
    let user = try edit.entry(.users, Inputs.user)
    let email = try address(edit, Inputs.newEmail)
    try edit.expectFree(.users, email, besides: user.id)
    edit.json.set(.string(email), at: user.path + ["email"])
    edit.touch(user)
    return Answer(message: "User '\(user.title)' is now '\(email)'")
  }.answering(.null)

  static let delete = AdminOperation.change(
    "user delete", "Delete a user.", .delete("/users/{user_id}"), [Inputs.user.required, Inputs.force.optional]
  ) { edit in
    let user = try edit.entry(.users, Inputs.user)
    let keys = edit.document.keys.count { $0.userID == user.id }
    let projects = edit.document.projects(of: user)
    guard keys == 0 && projects.isEmpty || edit.input.find(Inputs.force) == true else {
      throw GatewayError(
        .configurationInvalid, "User '\(user.title)' has \(keys) key(s) and is a member of \(projects.count) project(s).",
        suggestions: ["--force deletes the keys and ends the memberships too."])
    }
    if keys > 0 { edit.json.changeMembers(of: ["apikeys"]) { _, value in value["user_id"]?.stringValue == user.id ? .remove : .keep } }
    for project in projects {
      edit.json.set(.array(project.userIDs.filter { $0 != user.id }.map(JSONValue.string)), at: project.path + ["users"])
    }
    edit.json.remove(at: user.path)
    return Answer(message: "User '\(user.title)' deleted, with \(keys) key(s) and \(projects.count) membership(s).")
  }.answering(.null)

  static let listProjects = AdminOperation.look(
    "user list-projects", "List the projects that a user is a member of.", .get("/users/{user_id}/projects"), [Inputs.user.required]
  ) { call in
    let document = try call.document()
    let user = try document.entry(.users, call.input.require(Inputs.user))
    return Answer(
      .array(
        document.projects(of: user).map {
          [
            "project_id": .string($0.id), "project_name": .string($0.name), "mcp_config_id": $0.value["mcp_config_id"]?.value ?? .null,
            "created_at": $0.value["created_at"]?.value ?? .null,
          ]
        }))
  }.answering(
    .list(.object(["project_id": .string, "project_name": .string, "mcp_config_id": .any, "created_at": .any])))

  static let search = AdminOperation.look(
    "user search", "Find users by their e-mail address.", .post("/users/search"), [Inputs.searchTerm.required]
  ) { call in
    let term = try call.input.require(Inputs.searchTerm).lowercased()
    let document = try call.document()
    return Answer(.array(rows(document.entries(.users).filter { $0.name.lowercased().contains(term) }, in: document)))
  }.answering(.list(row))
}

extension ConfigDocument {
  func projects(of user: Entry) -> [Entry] { entries(.projects).filter { $0.userIDs.contains(user.id) } }
}
