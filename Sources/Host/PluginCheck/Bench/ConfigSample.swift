internal import JSON

/// Configurations to try when none is given: the schema's own examples, the empty object, and the least that the schema asks for.
enum ConfigSample {
  /// - Returns: those that the schema accepts, the likeliest first.
  static func candidates(_ schemaJSON: [UInt8]) -> [[UInt8]] {
    let empty = Array("{}".utf8)
    guard !schemaJSON.isEmpty else { return [empty] }
    guard let schema = parsed(schemaJSON) else { return [] }
    var tried: [JSONValue] = schema["examples"]?.value.arrayValue ?? []
    tried.append(.object([:]))
    tried.append(least(schema.value, depth: 0))
    return tried.map { $0.serialized() }.filter { ConfigurationCheck.problems($0, schema: schemaJSON) == nil }
  }

  /// A value that such a schema tends to accept; whether it does is for the validator to say.
  private static func least(_ schema: JSONValue, depth: Int) -> JSONValue {
    if let value = schema["default"] ?? schema["const"] ?? schema["enum"]?.arrayValue?.first ?? schema["examples"]?.arrayValue?.first {
      return value
    }
    guard depth < 8 else { return .null }
    let isWhole = depth == 0
    let type = schema["type"]?.stringValue ?? schema["type"]?.arrayValue?.first?.stringValue ?? (isWhole ? "object" : nil)
    switch type {
    case "string": return .string(String(repeating: "x", count: min(64, max(1, schema["minLength"]?.intValue ?? 1))))
    case "integer", "number": return schema["minimum"] ?? 1
    case "boolean": return false
    case "array":
      let count = min(8, schema["minItems"]?.intValue ?? 0)
      return .array((0..<count).map { _ in least(schema["items"] ?? true, depth: depth + 1) })
    case "object":
      var object: JSONObject = [:]
      for name in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
        object[name] = least(schema["properties"]?[name] ?? true, depth: depth + 1)
      }
      return .object(object)
    default: return .null
    }
  }

  /// nil when it is no JSON, which is what another check is about.
  static func parsed(_ json: [UInt8]) -> RawJSON? {
    do { return try RawJSON(validating: json) } catch { return nil }
  }

  /// Configurations that the host would not pass on, to see that the plugin survives them all the same.
  static let wrong: [(label: String, json: String)] = [
    ("no JSON at all", "{"), ("an empty text", ""), ("a list", "[]"), ("a number", "1"), ("null", "null"),
    ("unknown members", #"{"no_such_member_here":{"a":[1,2,null,true,"x"]}}"#),
    ("a member of odd characters", "{\"\\u0000\\uD83D\\uDE00\":\"\\u0000\"}"),
    ("deep nesting", "{\"a\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}"),
  ]

  /// Those that follow from the provider's own members: each of another type.
  static func wrong(_ schemaJSON: [UInt8]) -> [(label: String, json: String)] {
    guard let properties = parsed(schemaJSON)?["properties"] else { return [] }
    return properties.members.prefix(Limits.PluginCheck.maxTexts).flatMap { member -> [(String, String)] in
      let name = JSONValue.string(member.key.stringValue ?? "").serializedString()
      return ["null", "-1", "\"\"", "[{}]", "{\"a\":1}", "1e400"].map { ("\(name) of another kind", "{\(name):\($0)}") }
    }
  }
}
