internal import JSON

/// Gateway keys. One is shown in clear when it is made and never again: the document has its digest.
enum KeyOperations {
  static let all = [generate, rotate, disable, enable, delete, deleteAll, list, listAll, migrate]

  static let generate = AdminOperation.change(
    "user generate-api-key", "Make a key for a user of a project. It is shown this once.", .post("/users/{user_id}/api-keys"),
    [Inputs.user.required, Inputs.project.required, Inputs.expiresAt.optional, Inputs.role.optional]
  ) { edit in
    let user = try edit.entry(.users, Inputs.user)
    let project = try edit.entry(.projects, Inputs.project)
    guard project.userIDs.contains(user.id) else {
      throw GatewayError(
        .configurationInvalid, "User '\(user.title)' is no member of project '\(project.title)'.",
        suggestions: ["Make them one: `project add-user`."])
    }
    var entry: JSONObject = ["project_id": .string(project.id), "user_id": .string(user.id), "created_at": .string(edit.now)]
    if let expiry = edit.input.find(Inputs.expiresAt) { entry["expires_at"] = .string(try future(expiry)) }
    if let role = edit.input.find(Inputs.role), role != KeyRole.user.rawValue { entry["role"] = .string(role) }
    let key = edit.insertKey(entry)
    return Answer(
      issued("api_key", key), message: "Key \(KeyName.id(of: key)) made for '\(user.title)' in '\(project.title)'. It is not shown again.",
      lines: ["api_key"])
  }.answering(issuedShape("api_key"))

  static let rotate = AdminOperation.change(
    "user rotate-api-key", "Replace a key by a new one. It is shown this once.", .post("/api-keys/rotate"),
    [Inputs.key.required, Inputs.overlapSeconds.optional]
  ) { edit in
    let old = try edit.document.key(edit.input.require(Inputs.key))
    try expectUsable(old)
    let overlap = edit.input.find(Inputs.overlapSeconds) ?? 0
    guard (0...Limits.Auth.maxKeyOverlapSeconds).contains(overlap) else {
      throw GatewayError(.toolInvalidArguments, "The field 'overlap_seconds' must be from 0 to \(Limits.Auth.maxKeyOverlapSeconds).")
    }
    var entry = old.value.value.objectValue ?? [:]
    for stale in ["disabled", "disabled_at", "enabled_at", "updated_at", "rotated_to"] { entry.removeValue(forKey: stale) }
    entry["created_at"] = .string(edit.now)
    entry["rotated_from"] = .string(old.id)
    let key = edit.insertKey(entry)
    if overlap > 0 { edit.expire(old, inSeconds: overlap, replacedBy: KeyName.id(of: key)) } else { edit.json.remove(at: old.path) }
    let end = overlap > 0 ? "works for \(overlap) s more" : "no longer works"
    return Answer(issued("new_api_key", key), message: "API key rotated successfully: \(old.id) \(end).", lines: ["new_api_key"])
  }.answering(issuedShape("new_api_key"))

  /// A key that does not work is not made to work by rotating it.
  private static func expectUsable(_ key: KeyEntry) throws(GatewayError) {
    guard key.value["disabled"]?.boolValue != true else {
      throw GatewayError(.configurationInvalid, "Key \(key.id) is disabled.", suggestions: ["Enable it first: `apikey enable`."])
    }
    if let newer = key.value["rotated_to"]?.stringValue {
      throw GatewayError(
        .configurationInvalid, "Key \(key.id) was rotated already, and ends soon.",
        suggestions: ["Rotate the key that came after it: \(newer)."])
    }
    guard !key.isExpired else {
      throw GatewayError(.configurationInvalid, "Key \(key.id) has expired.", suggestions: ["Make a new one: `apikey create`."])
    }
  }

  private static func issued(_ name: String, _ key: String) -> JSONValue {
    .object([
      name: .string(key), "key_id": .string(KeyName.id(of: key)), "key_prefix": .string(String(key.prefix(KeyName.recognisedCharacters))),
    ])
  }

  private static func issuedShape(_ name: String) -> Shape { .object([name: .string, "key_id": .string, "key_prefix": .string]) }

  private static func future(_ text: String) throws(GatewayError) -> String {
    guard let seconds = Timestamp.unixSeconds(text) else {
      throw GatewayError(.toolInvalidArguments, "The field 'expires_at' must be a time such as 2026-12-31T23:59:59Z.")
    }
    guard seconds > KeyDirectory.wallClock() else {
      throw GatewayError(.toolInvalidArguments, "The field 'expires_at' must lie in the future.")
    }
    return text
  }

  static let disable = AdminOperation.change(
    "user disable-api-key", "Refuse a key until it is enabled again.", .post("/api-keys/{api_key}/disable"), [Inputs.key.required]
  ) { edit in
    let key = try edit.document.key(edit.input.require(Inputs.key))
    guard key.value["disabled"]?.boolValue != true else { throw GatewayError(.configurationInvalid, "Key \(key.id) is disabled already.") }
    edit.json.set(true, at: key.path + ["disabled"])
    edit.json.set(.string(edit.now), at: key.path + ["disabled_at"])
    return Answer(message: "API key \(key.id) disabled")
  }.answering(.null)

  static let enable = AdminOperation.change(
    "user enable-api-key", "Accept a disabled key again.", .post("/api-keys/{api_key}/enable"), [Inputs.key.required]
  ) { edit in
    let key = try edit.document.key(edit.input.require(Inputs.key))
    guard key.value["disabled"]?.boolValue == true else { throw GatewayError(.configurationInvalid, "Key \(key.id) is not disabled.") }
    edit.json.set(false, at: key.path + ["disabled"])
    edit.json.set(.string(edit.now), at: key.path + ["enabled_at"])
    return Answer(message: "API key \(key.id) enabled" + (key.isExpired ? ", but it has expired" : ""))
  }.answering(.null)

  static let delete = AdminOperation.change(
    "user delete-api-key", "Delete a key.", .delete("/api-keys/{api_key}"), [Inputs.key.required]
  ) { edit in
    let key = try edit.document.key(edit.input.require(Inputs.key))
    edit.json.remove(at: key.path)
    return Answer(message: "API key \(key.id) deleted")
  }.answering(.null)

  static let deleteAll = AdminOperation.change(
    "user delete-all-api-keys", "Delete all keys of a user.", .delete("/users/{user_id}/api-keys"), [Inputs.user.required]
  ) { edit in
    let user = try edit.entry(.users, Inputs.user)
    let count = edit.document.keys.count { $0.userID == user.id }
    if count > 0 { edit.json.changeMembers(of: ["apikeys"]) { _, value in value["user_id"]?.stringValue == user.id ? .remove : .keep } }
    return Answer(message: "\(count) API key(s) of user '\(user.title)' deleted")
  }.answering(.null)

  static let list = AdminOperation.look(
    "user list-api-keys", "List the keys of a user, masked.", .get("/users/{user_id}/api-keys"),
    [Inputs.user.required, Inputs.project.optional]
  ) { call in
    let document = try call.document()
    let user = try document.entry(.users, call.input.require(Inputs.user))
    let project = try call.input.find(Inputs.project).map { try document.entry(.projects, $0) }
    let names = DirectoryNames(document)
    let keys = document.keys.filter { $0.userID == user.id && (project == nil || $0.projectID == project?.id) }
    let (uses, problem) = call.keyUses.known()
    return Answer(.array(keys.map { $0.document(names, uses) }), message: problem)
  }.answering(.list(KeyEntry.shape))

  static let listAll = AdminOperation.look("user list-all-api-keys", "List all keys, masked.", .get("/api-keys")) { call in
    let document = try call.document()
    let names = DirectoryNames(document)
    let (uses, problem) = call.keyUses.known()
    return Answer(.array(document.keys.map { $0.document(names, uses) }), message: problem)
  }.answering(.list(KeyEntry.shape))

  static let migrate = AdminOperation.change(
    "apikey migrate", "Replace the keys that the file holds in clear by their digests. They go on working.", .post("/api-keys/migrate")
  ) { edit in
    let adminKey = edit.document.adminKeyInClear
    let count = edit.document.keys.count { $0.isStoredInClear || $0.earlierKeyInClear != nil } + (adminKey == nil ? 0 : 1)
    guard count > 0 else { return Answer(["migrated": 0], message: "The file holds no key in clear.") }
    if let adminKey { edit.json.set(.string(KeyName.stored(adminKey)), at: ["admin_apikey"]) }
    edit.json.changeMembers(of: ["apikeys"]) { name, value in
      guard value.kind == .object else { return .keep }
      let key = KeyEntry(name: name, value: value)
      var entry = value.value.objectValue ?? [:]
      if let earlier = key.earlierKeyInClear { entry["rotated_from"] = .string(KeyName.id(of: earlier)) }
      guard key.isStoredInClear else { return key.earlierKeyInClear == nil ? .keep : .replace(.object(entry)) }
      if name.count >= 4 * KeyName.recognisedCharacters { entry["key_prefix"] = .string(String(name.prefix(KeyName.recognisedCharacters))) }
      return .become(KeyName.stored(name), .object(entry))
    }
    return Answer(
      ["migrated": .int(count)],
      message:
        "\(count) key(s) are stored as digests now. Backups made earlier still hold them in clear: delete those that you do not need.")
  }.answering(.object(["migrated": .integer]))
}

extension ConfigDocument {
  /// `admin_apikey` as releases of the original write it.
  var adminKeyInClear: String? { root["admin_apikey"]?.stringValue.flatMap { $0.hasPrefix(KeyName.digestPrefix) ? nil : $0 } }
}

extension KeyEntry {
  /// The original keeps in clear which key a key was rotated from.
  var earlierKeyInClear: String? {
    value["rotated_from"]?.stringValue.flatMap { $0.hasPrefix(KeyName.digestPrefix) || KeyName.isID($0) && $0.count == 12 ? nil : $0 }
  }
}

extension AdminEdit {
  /// Makes a key and puts its digest into the document. Returns the key.
  mutating func insertKey(_ entry: JSONObject) -> String {
    let key = RandomID.gatewayKey()
    var entry = entry
    entry["key_prefix"] = .string(String(key.prefix(KeyName.recognisedCharacters)))
    json.set(.object(entry), at: ["apikeys", .member(KeyName.stored(key))])
    return key
  }

  /// Lets a key work for a while yet, unless it ends sooner anyway.
  mutating func expire(_ key: KeyEntry, inSeconds seconds: Int, replacedBy id: String) {
    let end = KeyDirectory.wallClock() + Int64(seconds)
    let earlier = key.value["expires_at"]?.stringValue.flatMap(Timestamp.unixSeconds)
    if earlier.map({ $0 > end }) ?? true { json.set(.string(Timestamp.text(unixSeconds: end)), at: key.path + ["expires_at"]) }
    json.set(.string(id), at: key.path + ["rotated_to"])
  }
}
