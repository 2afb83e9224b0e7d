package import JSON

/// What an operation's answer looks like, for its description.
package indirect enum Shape: Sendable {
  /// Anything.
  case any
  case null, string, integer, boolean
  case nullable(Shape)
  case list(Shape)
  /// Members that are always there; `isOpen`: others may be too.
  case object(KeyValuePairs<String, Shape>, isOpen: Bool = false)

  static func open(_ members: KeyValuePairs<String, Shape>) -> Shape { .object(members, isOpen: true) }

  package var isList: Bool { if case .list = self { true } else { false } }

  /// JSON Schema 2020-12.
  package var schema: JSONValue {
    switch self {
    case .any: [:]
    case .null: ["type": "null"]
    case .string: ["type": "string"]
    case .integer: ["type": "integer"]
    case .boolean: ["type": "boolean"]
    case .nullable(let shape): ["anyOf": [shape.schema, ["type": "null"]]]
    case .list(let shape): ["type": "array", "items": shape.schema]
    case .object(let members, let isOpen): Self.object(members, isOpen: isOpen)
    }
  }

  private static func object(_ members: KeyValuePairs<String, Shape>, isOpen: Bool) -> JSONValue {
    var properties = JSONObject()
    for (name, shape) in members { properties[name] = shape.schema }
    var schema: JSONObject = ["type": "object", "properties": .object(properties), "required": .array(members.map { .string($0.key) })]
    if !isOpen { schema["additionalProperties"] = false }
    return .object(schema)
  }
}
