internal import JSON

/// What a library offers, as the describing child reports it.
struct PluginDescription: Equatable {
  struct Provider: Equatable {
    var kind: String
    var name: String
    var flags: Int
  }

  var id: String
  var version: String
  var providers: [Provider]

  init(_ tables: PluginTables) {
    id = tables.id
    version = tables.version
    providers = tables.providers.map { Provider(kind: $0.kind.rawValue, name: $0.name, flags: Int($0.flags.rawValue)) }
  }

  var json: JSONValue {
    [
      "id": .string(id), "version": .string(version),
      "providers": .array(
        providers.map { ["kind": .string($0.kind), "name": .string($0.name), "flags": .number(JSONNumber($0.flags))] }),
    ]
  }

  /// nil when the value is not what `json` makes.
  init?(_ json: JSONValue) {
    guard let id = json["id"]?.stringValue, let version = json["version"]?.stringValue, let list = json["providers"]?.arrayValue else {
      return nil
    }
    self.id = id
    self.version = version
    providers = []
    for entry in list {
      guard let kind = entry["kind"]?.stringValue, let name = entry["name"]?.stringValue, let flags = entry["flags"]?.intValue else {
        return nil
      }
      providers.append(Provider(kind: kind, name: name, flags: flags))
    }
  }
}

/// What the child answers: one line of JSON.
enum DescriberAnswer {
  case described(PluginDescription)
  case refused(PluginTables.Problem)
  /// `create` succeeded.
  case created
  /// `create` said no.
  case notCreated(String)

  var line: [UInt8] {
    let value: JSONValue =
      switch self {
      case .described(let description): ["described": description.json]
      case .refused(let problem):
        ["refused": ["rule": .string(problem.rule.rawValue), "reason": .string(problem.reason), "fix": .string(problem.fix)]]
      case .created: ["created": true]
      case .notCreated(let reason): ["notCreated": .string(reason)]
      }
    return value.serialized() + [UInt8(ascii: "\n")]
  }

  /// nil when the bytes are not one line of this form.
  init?(_ bytes: [UInt8]) {
    guard bytes.last == UInt8(ascii: "\n") else { return nil }
    let json: JSONValue
    do { json = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Plugin.maxDescriptorBytes)).value } catch { return nil }
    if let described = json["described"].flatMap(PluginDescription.init) {
      self = .described(described)
    } else if let refused = json["refused"], let rule = refused["rule"]?.stringValue.flatMap(PluginRefusal.Rule.init),
      let reason = refused["reason"]?.stringValue,
      let fix = refused["fix"]?.stringValue
    {
      self = .refused(PluginTables.Problem(rule: rule, reason: reason, fix: fix))
    } else if json["created"]?.boolValue == true {
      self = .created
    } else if let reason = json["notCreated"]?.stringValue {
      self = .notCreated(reason)
    } else {
      return nil
    }
  }
}
