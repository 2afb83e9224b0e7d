internal import JSON

/// Watches the reader at work on an example that has every key, and so learns the document's JSON Schema: the reading code is the only place that knows it.
/// Values are told apart by their places in the example.
final class SchemaRecorder {
  private struct Member {
    var name: String
    /// What the reader asked for, as far as it shows from how it asked.
    var schema: JSONObject?
    /// Another name for the same thing.
    var alias: String?
  }

  private var objects: [Int: [Member]] = [:]
  private var required: [Int: Set<String>] = [:]
  private var maps: Set<Int> = []
  private var arrays: Set<Int> = []
  private var alternatives: Set<Int> = []
  private var values: [Int: JSONObject] = [:]

  // MARK: What the reader does

  func reads(_ object: RawJSON) { objects[object.offset] = objects[object.offset] ?? [] }

  func asks(_ name: String, of object: RawJSON, schema: JSONObject?) {
    let members = objects[object.offset] ?? []
    guard let index = members.firstIndex(where: { $0.name == name }) else {
      objects[object.offset, default: []].append(Member(name: name, schema: schema))
      return
    }
    if let schema { objects[object.offset]?[index].schema = schema }
  }

  func same(_ names: [String], of object: RawJSON) {
    for name in names.dropFirst() {
      guard let index = objects[object.offset]?.firstIndex(where: { $0.name == name }) else { continue }
      objects[object.offset]?[index].alias = names[0]
    }
  }

  func requires(_ name: String, of object: RawJSON) { required[object.offset, default: []].insert(name) }

  func readsMap(_ object: RawJSON) { maps.insert(object.offset) }

  func readsArray(_ array: RawJSON) { arrays.insert(array.offset) }

  /// The array may be written as its only element.
  func allowsOne(_ array: RawJSON) { alternatives.insert(array.offset) }

  func reads(_ value: RawJSON, as schema: JSONObject) { values[value.offset] = schema }

  // MARK: What it learned

  /// Keys of which neither the example nor the way they are asked for shows what they hold, as paths.
  private(set) var unknown: [String] = []

  func schema(of example: RawJSON) -> JSONObject { schema(of: [example], []) }

  /// - Parameters:
  ///   - examples: values of one key, in different documents or places.
  ///   - path: keys from the root, `*` for a name or place that is data.
  private func schema(of examples: [RawJSON], _ path: [String]) -> JSONObject {
    let read = examples.filter { objects[$0.offset] != nil && $0.kind == .object }
    if !read.isEmpty { return object(read, path) }
    if examples.contains(where: { maps.contains($0.offset) }) { return map(examples, path) }
    if examples.contains(where: { arrays.contains($0.offset) }) { return array(examples, path) }
    return examples.lazy.compactMap { self.values[$0.offset] }.first ?? [:]
  }

  private func object(_ examples: [RawJSON], _ path: [String]) -> JSONObject {
    var names: [String] = []
    for member in examples.flatMap({ objects[$0.offset] ?? [] }) where !names.contains(member.name) { names.append(member.name) }
    let required = examples.map { self.required[$0.offset] ?? [] }.reduce(self.required[examples[0].offset] ?? []) { $0.intersection($1) }
    var properties = JSONObject()
    for name in names {
      guard let known = member(name, of: examples, path + [name]) else {
        unknown.append((path + [name]).joined(separator: "/"))
        continue
      }
      properties[name] = .object(described(required.contains(name) ? known : nullable(known), path + [name]))
    }
    var schema: JSONObject = ["type": "object", "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required.sorted().map { .string($0) }) }
    schema["patternProperties"] = ["^(x-|_doc)": ["description": "a comment"]]
    schema["additionalProperties"] = false
    return schema
  }

  private func member(_ name: String, of examples: [RawJSON], _ path: [String]) -> JSONObject? {
    let asked = examples.flatMap { objects[$0.offset] ?? [] }.filter { $0.name == name }
    let seen = schema(of: examples.compactMap { $0[name] }, path)
    let isStructure = ["properties", "additionalProperties", "items", "anyOf"].contains { seen[$0] != nil }
    if isStructure { return seen }
    if let said = asked.lazy.compactMap(\.schema).first { return said }
    if seen != [:] { return seen }
    guard let original = asked.lazy.compactMap(\.alias).first else { return nil }
    return member(original, of: examples, path.dropLast() + [original])
  }

  private func map(_ examples: [RawJSON], _ path: [String]) -> JSONObject {
    let values = examples.flatMap { $0.members.map(\.value) }
    guard !values.isEmpty else { return ["type": "object"] }
    return ["type": "object", "additionalProperties": .object(schema(of: values, path + ["*"]))]
  }

  /// Elements of different kinds are alternatives.
  private func array(_ examples: [RawJSON], _ path: [String]) -> JSONObject {
    let elements = examples.flatMap { Array($0.elements) }
    let kinds = [JSONKind.string, .object, .array, .number, .bool].map { kind in elements.filter { $0.kind == kind } }.filter {
      !$0.isEmpty
    }
    let shapes = kinds.map { schema(of: $0, path + ["*"]) }
    let items: JSONObject = shapes.count == 1 ? shapes[0] : ["anyOf": .array(shapes.map { .object($0) })]
    let list: JSONObject = ["type": "array", "items": .object(items)]
    return examples.contains { alternatives.contains($0.offset) } ? ["anyOf": [.object(list), .object(items)]] : list
  }

  /// Null counts as absent.
  private func nullable(_ schema: JSONObject) -> JSONObject {
    var schema = schema
    if let words = schema["enum"]?.arrayValue {
      schema["enum"] = .array(words + [.null])
    } else if let kind = schema["type"], kind.stringValue != nil {
      schema["type"] = [kind, "null"]
    } else if let shapes = schema["anyOf"]?.arrayValue {
      schema["anyOf"] = .array(shapes + [["type": "null"]])
    }
    return schema
  }

  private func described(_ schema: JSONObject, _ path: [String]) -> JSONObject {
    guard let text = ConfigDescriptions.text(at: path) else { return schema }
    var described: JSONObject = ["description": .string(text)]
    for (name, value) in schema { described[name] = value }
    return described
  }
}
