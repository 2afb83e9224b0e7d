internal import JSON
internal import Synchronization

/// The schemas of one tool, read when they are first needed.
package final class ToolSchemas: Sendable {
  private enum Reading: Sendable {
    case unread
    case none
    case unreadable(String)
    case schema(JSONSchema)
  }
  private let definition: RawJSON
  private let readings = Mutex<[Side: Reading]>([:])

  enum Side: String, Sendable {
    case input = "inputSchema"
    case output = "outputSchema"
  }

  /// Nothing can be checked by a schema that cannot be read.
  struct Unreadable: Error {
    let reason: String
  }

  init(_ definition: RawJSON) { self.definition = definition }

  /// What of the value is not as the schema says; empty when there is no schema.
  func violations(of value: RawJSON, _ side: Side) throws(Unreadable) -> [JSONSchemaViolation] {
    let known = readings.withLock { $0[side] ?? .unread }
    switch known {
    case .schema(let schema): return schema.validate(value, maxSteps: Limits.Router.maxSchemaSteps)
    case .none: return []
    case .unreadable(let reason): throw Unreadable(reason: reason)
    case .unread:
      let reading = read(side)
      readings.withLock { $0[side] = reading }
      return try violations(of: value, side)
    }
  }

  private func read(_ side: Side) -> Reading {
    guard let raw = definition[side.rawValue], !raw.isNull, raw.boolValue != true else { return .none }
    guard raw.kind == .object else { return .unreadable("it is no object") }
    guard let readable = SchemaDialect.readable(raw) else { return .unreadable("its dialect is not known") }
    do throws(JSONSchemaError) { return .schema(try JSONSchema(readable)) } catch { return .unreadable(error.description) }
  }
}

/// Dialects of JSON Schema by what `$schema` says. Without it, MCP means 2020-12.
enum SchemaDialect {
  /// The schema as 2020-12 reads it; nil when the dialect is not known.
  static func readable(_ schema: RawJSON) -> RawJSON? {
    guard let name = schema["$schema"]?.stringValue else { return schema }
    if ["2020-12", "2019-09"].contains(where: name.contains) { return schema }
    guard ["draft-07", "draft-06", "draft-04"].contains(where: name.contains) else { return nil }
    return RawJSON(modern(schema.value))
  }

  /// Up to draft 7, nothing beside `$ref` counts; what references lead to stays. In draft 4, `exclusiveMinimum` says of `minimum` that it is one.
  private static func modern(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(modern))
    case .object(let object):
      var result = JSONObject()
      let isReference = object["$ref"]?.stringValue != nil
      for (name, member) in object where !isReference || kept.contains(name) {
        result[name] = data.contains(name) ? member : modern(member)
      }
      for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        guard let isExclusive = result[exclusive]?.boolValue else { continue }
        result[exclusive] = isExclusive ? result[bound] : nil
        if isExclusive { result[bound] = nil }
      }
      return .object(result)
    default: return value
    }
  }

  private static let kept: Set<String> = ["$ref", "$schema", "$id", "id", "definitions", "$defs"]
  /// Members that hold values, not schemas.
  private static let data: Set<String> = ["const", "enum", "default", "examples"]
}
