internal import JSON

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
