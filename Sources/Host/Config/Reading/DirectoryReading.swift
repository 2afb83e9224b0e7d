internal import JSON

/// `users`, `projects` and `apikeys`, and that they refer to each other.
struct DirectoryReader {
  let diagnostics: Diagnostics

  func users(_ fields: Fields) -> [String: User] {
    var users: [String: User] = [:]
    for entry in fields.map("users") where !Fields.isComment(entry.name) {
      diagnostics.expectNew(entry.key, users[entry.name] == nil)
      users[entry.name] = Fields.read(entry.value, diagnostics) { user in
        User(id: entry.name, email: user.string("email") ?? "", createdAt: user.string("created_at"), updatedAt: user.string("updated_at"))
      }
    }
    return users
  }

  func projects(_ fields: Fields, users: [String: User], mcpConfigs: [String: MCPConfig]) -> [String: Project] {
    var projects: [String: Project] = [:]
    for entry in fields.map("projects") where !Fields.isComment(entry.name) {
      diagnostics.expectNew(entry.key, projects[entry.name] == nil)
      projects[entry.name] = Fields.read(entry.value, diagnostics) { project($0, id: entry.name, users: users, mcpConfigs: mcpConfigs) }
    }
    return projects
  }

  private func project(_ fields: Fields, id: String, users: [String: User], mcpConfigs: [String: MCPConfig]) -> Project {
    let configID = fields.value("mcp_config_id")
    let mcpConfigID = configID.flatMap { diagnostics.string($0) }
    if let configID, let mcpConfigID, mcpConfigs[mcpConfigID] == nil {
      diagnostics.error(at: configID, "no config of this id in mcp_configs")
    }
    let members = fields.array("users").compactMap { element -> String? in
      guard let userID = diagnostics.string(element) else { return nil }
      if users[userID] == nil { diagnostics.warning(at: element, "no user of this id in users: it grants nothing") }
      return userID
    }
    if let legacy = fields.value("mcp_configs", schema: ["description": "not read"]), legacy.itemCount > 0 {
      diagnostics.warning(at: legacy, "configs inside a project are not read", "move them to mcp_configs and name one in mcp_config_id")
    }
    return Project(
      id: id, name: fields.string("project_name") ?? "", mcpConfigID: mcpConfigID, users: members, createdAt: fields.string("created_at"),
      updatedAt: fields.string("updated_at"))
  }

  // MARK: Keys

  func apiKeys(_ fields: Fields, projects: [String: Project], users: [String: User]) -> [APIKey] {
    var keys: [APIKey] = []
    var digests: Set<KeyDigest> = []
    for entry in fields.map("apikeys") {
      // A random key may begin like a comment; a comment is never an object.
      if Fields.isComment(entry.name), entry.value.kind != .object { continue }
      guard let identity = identity(entry.name, at: entry.key) else { continue }
      if !digests.insert(identity.digest).inserted {
        diagnostics.error(at: entry.key, "this key stands here twice, once in clear and once as its digest")
      }
      let key = Fields.read(entry.value, diagnostics) { apiKey($0, identity, projects: projects, users: users) }
      if let key = key ?? nil { keys.append(key) }
    }
    return keys
  }

  private struct Identity {
    var digest: KeyDigest
    var masked: String
    var isStoredInClear: Bool
  }

  private func identity(_ name: String, at place: RawJSON) -> Identity? {
    if name.hasPrefix("sha256:") {
      guard let digest = KeyDigest(hex: name.dropFirst("sha256:".count)) else {
        diagnostics.error(at: place, "after \"sha256:\" come the 64 hexadecimal digits of the key's digest")
        return nil
      }
      return Identity(digest: digest, masked: "sha256:\(digest.keyID)…", isStoredInClear: false)
    }
    guard !name.isEmpty, !name.hasPrefix("UNIQUE_GATEWAY_KEY"), !name.hasPrefix("YOUR_") else {
      diagnostics.error(at: place, "a placeholder that everybody knows is no key", ConfigReader.generateHint)
      return nil
    }
    if name.utf8.count < 16 { diagnostics.warning(at: place, "a key this short can be guessed") }
    return Identity(digest: KeyDigest(of: name.utf8), masked: Mask.key(name), isStoredInClear: true)
  }

  private func apiKey(_ fields: Fields, _ identity: Identity, projects: [String: Project], users: [String: User]) -> APIKey? {
    fields.accept("disabled_at", "enabled_at", "rotated_from", "rotated_to", "updated_at")
    _ = fields.string("key_prefix")
    let projectID = reference(fields, "project_id", to: "projects") { projects[$0] != nil }
    let userID = reference(fields, "user_id", to: "users") { users[$0] != nil }
    let isDisabled = fields.bool("disabled") ?? false
    let role = fields.choice("role", KeyRole.self) ?? .user
    let expiry = fields.value("expires_at").flatMap { timestamp($0) }
    let createdAt = fields.string("created_at")
    guard let projectID, let userID else { return nil }
    return APIKey(
      digest: identity.digest, masked: identity.masked, projectID: projectID, userID: userID, isDisabled: isDisabled,
      role: role, expiresAtUnixSeconds: expiry,
      createdAt: createdAt, isStoredInClear: identity.isStoredInClear)
  }

  private func reference(_ fields: Fields, _ name: String, to section: String, _ exists: (String) -> Bool) -> String? {
    guard let id = fields.requiredString(name) else { return nil }
    if !exists(id), let place = fields.value(name) { diagnostics.error(at: place, "nothing of this id in \(section)") }
    return id
  }

  private func timestamp(_ value: RawJSON) -> Int64? {
    guard let text = diagnostics.string(value) else { return nil }
    guard let seconds = Timestamp.unixSeconds(text) else {
      diagnostics.error(at: value, "must be a time such as \"2026-12-31T23:59:59Z\"")
      return nil
    }
    return seconds
  }
}
