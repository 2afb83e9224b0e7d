internal import JSON

/// The whole configuration as it may be shown: every server's secrets, every provider's, and whatever else is called like one.
enum DocumentMask {
  static func document(_ document: JSONValue) -> JSONValue {
    guard case .object(let sections) = document else { return document }
    var masked = JSONObject()
    for (name, value) in sections { masked[name] = section(name, value) }
    return .object(masked)
  }

  private static func section(_ name: String, _ value: JSONValue) -> JSONValue {
    guard case .object(let object) = value else { return name == "admin_apikey" ? adminKey(value) : value }
    switch name {
    case "mcp_configs": return .object(object.mapValues(config))
    case "apikeys": return .object(object.mapValues(key))
    case "projects": return .object(object.mapValues(project))
    case "users": return value
    default: return .object(Mask.members(object))
    }
  }

  /// A digest is no secret, and tells one key from the next.
  private static func adminKey(_ value: JSONValue) -> JSONValue {
    guard let text = value.stringValue, text.hasPrefix(KeyName.digestPrefix) else { return "****" }
    return .string("sha256:\(KeyName.id(of: text))…")
  }

  /// An entry of `mcp_configs`.
  static func config(_ value: JSONValue) -> JSONValue {
    guard case .object(var entry) = value else { return value }
    if let servers = entry["mcp_config"]?.arrayValue { entry["mcp_config"] = .array(servers.map(server)) }
    return .object(entry)
  }

  /// The same for whoever may only use it.
  static func usedConfig(_ value: JSONValue) -> JSONValue {
    guard case .object(var entry) = value else { return value }
    if let servers = entry["mcp_config"]?.arrayValue {
      entry["mcp_config"] = .array(servers.map { $0.objectValue.map { .object(Mask.usedServerEntry($0)) } ?? "****" })
    }
    return .object(entry)
  }

  static func server(_ value: JSONValue) -> JSONValue { value.objectValue.map { .object(Mask.serverEntry($0)) } ?? value }

  private static func project(_ value: JSONValue) -> JSONValue {
    guard case .object(var entry) = value, let configs = entry["mcp_configs"]?.arrayValue else { return value }
    entry["mcp_configs"] = .array(configs.map(config))
    return .object(entry)
  }

  /// An entry of `apikeys`: the original keeps the key before in clear.
  private static func key(_ value: JSONValue) -> JSONValue {
    guard case .object(var entry) = value, let earlier = entry["rotated_from"]?.stringValue else { return value }
    entry["rotated_from"] = .string(KeyName.id(of: earlier))
    return .object(entry)
  }

  /// RFC 6901; a gateway key in it becomes its id.
  static func pointer(_ path: [String]) -> String {
    var pointer = JSONPointer()
    for (index, name) in path.enumerated() { pointer = pointer.appending(index == 1 && path[0] == "apikeys" ? KeyName.id(of: name) : name) }
    return pointer.description
  }

  /// What stands at a path of a masked document.
  static func value(_ path: [String], in masked: JSONValue) -> JSONValue? {
    var value = masked
    for name in path {
      guard let next = value.arrayValue != nil ? Int(name).flatMap({ value[$0] }) : value[name] else { return nil }
      value = next
    }
    return value
  }
}
