internal import JSON

/// The users of a project.
enum MemberOperations {
  static let all = [list, add, remove, removeAll]

  static let list = AdminOperation.look(
    "project list-users", "List the users of a project.", .get("/projects/{project_id}/users"), [Inputs.project.required]
  ) { call in
    let document = try call.document()
    let project = try document.entry(.projects, call.input.require(Inputs.project))
    let users = Dictionary(document.entries(.users).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var keys: [String: Int] = [:]
    for key in document.keys where key.projectID == project.id { keys[key.userID, default: 0] += 1 }
    return Answer(
      .array(
        project.userIDs.map { id in
          [
            "user_id": .string(id), "email": users[id].map { .string($0.name) } ?? .null, "api_keys": .int(keys[id] ?? 0),
            "created_at": users[id]?.value["created_at"]?.value ?? .null,
          ]
        }))
  }.answering(
    .list(.object(["user_id": .string, "email": .nullable(.string), "api_keys": .integer, "created_at": .any]))
  ).openToMembers()

  static let add = AdminOperation.change(
    "project add-user", "Make a user a member of a project.", .post("/projects/{project_id}/users"),
    [Inputs.project.required, Inputs.user.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    let user = try edit.entry(.users, Inputs.user)
    guard !project.userIDs.contains(user.id) else {
      throw GatewayError(.configurationInvalid, "User '\(user.title)' is a member of project '\(project.title)' already.")
    }
    edit.json.append(.string(user.id), to: project.path + ["users"])
    edit.touch(project)
    return Answer(message: "User '\(user.title)' added to project '\(project.title)'")
  }.answering(.null)

  static let remove = AdminOperation.change(
    "project remove-user", "End a user's membership of a project. The user's keys for it are refused from then on.",
    .delete("/projects/{project_id}/users/{user_id}"), [Inputs.project.required, Inputs.user.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    let user = try edit.entry(.users, Inputs.user)
    guard project.userIDs.contains(user.id) else {
      throw GatewayError(.configurationMissing, "User '\(user.title)' is no member of project '\(project.title)'.")
    }
    edit.json.set(.array(project.userIDs.filter { $0 != user.id }.map(JSONValue.string)), at: project.path + ["users"])
    edit.touch(project)
    return Answer(message: "User '\(user.title)' removed from project '\(project.title)'")
  }.answering(.null)

  static let removeAll = AdminOperation.change(
    "project remove-all-users", "End all memberships of a project.", .delete("/projects/{project_id}/users"), [Inputs.project.required]
  ) { edit in
    let project = try edit.entry(.projects, Inputs.project)
    edit.json.set([], at: project.path + ["users"])
    edit.touch(project)
    return Answer(message: "\(project.userIDs.count) user(s) removed from project '\(project.title)'")
  }.answering(.null)
}
