internal import JSON
internal import Synchronization

/// The schemas of one tool, read when they are first needed. A schema that cannot be read says nothing: what it means is the server's matter.
package final class ToolSchemas: Sendable {
  private enum Reading: Sendable {
    case unread
    case none
    case schema(JSONSchema)
  }
  private let definition: RawJSON
  private let readings = Mutex<[Side: Reading]>([:])
  private let tell: @Sendable (_ member: String, _ reason: String) -> Void

  enum Side: String, Sendable {
    case input = "inputSchema"
    case output = "outputSchema"
  }

  /// - Parameter tell: hears once of a schema that cannot be read.
  init(_ definition: RawJSON, tell: @escaping @Sendable (_ member: String, _ reason: String) -> Void) {
    self.definition = definition
    self.tell = tell
  }

  /// What of the value is not as the schema says; empty when there is no schema, or none that can be read.
  func violations(of value: RawJSON, _ side: Side) -> [JSONSchemaViolation] {
    guard let schema = schema(side) else { return [] }
    return schema.validate(value, maxSteps: Limits.Router.maxSchemaSteps)
  }

  private func schema(_ side: Side) -> JSONSchema? {
    switch readings.withLock({ $0[side] ?? .unread }) {
    case .schema(let schema): return schema
    case .none: return nil
    case .unread:
      let schema = read(side)
      readings.withLock { $0[side] = schema.map { .schema($0) } ?? Reading.none }
      return schema
    }
  }

  private func read(_ side: Side) -> JSONSchema? {
    guard let raw = definition[side.rawValue], raw.kind == .object else { return nil }
    guard let readable = SchemaDialect.readable(raw) else {
      tell(side.rawValue, "its dialect is not known")
      return nil
    }
    do throws(JSONSchemaError) {
      return try JSONSchema(readable)
    } catch {
      tell(side.rawValue, error.description)
      return nil
    }
  }
}

/// Dialects of JSON Schema by what `$schema` says. Without it, MCP means 2020-12.
enum SchemaDialect {
  /// The schema as 2020-12 reads it; nil when the dialect is not known.
  static func readable(_ schema: RawJSON) -> RawJSON? {
    guard let name = schema["$schema"]?.stringValue else { return schema }
    if ["2020-12", "2019-09"].contains(where: name.contains) { return schema }
    guard ["draft-07", "draft-06", "draft-04"].contains(where: name.contains) else { return nil }
    return RawJSON(withoutSiblings(schema.value))
  }

  /// Up to draft 7, nothing beside `$ref` counts. What references lead to stays.
  private static func withoutSiblings(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(withoutSiblings))
    case .object(let object):
      var result = JSONObject()
      let isReference = object["$ref"]?.stringValue != nil
      for (name, member) in object where !isReference || kept.contains(name) {
        result[name] = data.contains(name) ? member : withoutSiblings(member)
      }
      return .object(result)
    default: return value
    }
  }

  private static let kept: Set<String> = ["$ref", "$schema", "$id", "id", "definitions", "$defs"]
  /// Members that hold values, not schemas.
  private static let data: Set<String> = ["const", "enum", "default", "examples"]
}
