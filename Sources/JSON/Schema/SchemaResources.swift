/// The subschemas of a document, found before any is compiled, with the names by which references know them. A place is known by its offset in the text.
struct SchemaResources {
  /// An embedded document: the root, or a subschema with its own `$id`.
  struct Resource {
    let uri: String
    let root: RawJSON
    var anchors: [ExactString: RawJSON] = [:]
    var dynamicAnchors: [ExactString: RawJSON] = [:]
  }

  private(set) var all: [Resource] = []
  /// Every schema in a place where the specification puts schemas, and its resource.
  private(set) var places: [(schema: RawJSON, resource: Int)] = []
  private var byURI: [ExactString: Int] = [:]
  private var byOffset: [Int: Int] = [:]
  /// By offset of an object or array: what it holds, by pointer token. Made when a reference first passes, so that each of many references costs little.
  private var children: [Int: [ExactString: RawJSON]] = [:]

  private static let longestURIBytes = 512

  init(_ document: RawJSON) throws(JSONSchemaError) {
    addResource(uri: "", root: document)
    var waiting = [(schema: document, resource: 0)]
    while let (schema, outer) = waiting.popLast() {
      let resource = try register(schema, in: outer)
      places.append((schema, resource))
      for child in SchemaVocabulary.subschemas(of: schema) { waiting.append((child, resource)) }
    }
  }

  /// Enters the schema's names; the resource it belongs to.
  private mutating func register(_ schema: RawJSON, in outer: Int) throws(JSONSchemaError) -> Int {
    guard schema.kind == .object else { return outer }
    var resource = outer
    if let id = schema["$id"]?.stringValue {
      let (uri, fragment) = URIReference.resolve(id, against: all[outer].uri)
      guard uri.utf8.count <= Self.longestURIBytes else {
        throw JSONSchemaError(pointer: "", message: "an $id is longer than \(Self.longestURIBytes) bytes")
      }
      if uri != all[outer].uri || schema.offset == all[0].root.offset { resource = addResource(uri: uri, root: schema) }
      if !fragment.isEmpty { all[resource].anchors[ExactString(fragment)] = schema }
    }
    if let name = schema["$anchor"]?.stringValue { all[resource].anchors[ExactString(name)] = schema }
    if let name = schema["$dynamicAnchor"]?.stringValue {
      all[resource].anchors[ExactString(name)] = schema
      all[resource].dynamicAnchors[ExactString(name)] = schema
    }
    return resource
  }

  @discardableResult
  private mutating func addResource(uri: String, root: RawJSON) -> Int {
    all.append(Resource(uri: uri, root: root))
    byURI[ExactString(uri)] = all.count - 1
    byOffset[root.offset] = all.count - 1
    return all.count - 1
  }

  /// What a `$ref` or `$dynamicRef` names: a schema, its resource, and the anchor if it was named by one. Nil for what is not in this document.
  mutating func find(_ reference: String, from resource: Int) -> (schema: RawJSON, resource: Int, anchor: ExactString?)? {
    let (uri, encoded) = URIReference.resolve(reference, against: all[resource].uri)
    guard let target = byURI[ExactString(uri)], let fragment = URIReference.decodeFragment(encoded) else { return nil }
    if fragment.isEmpty { return (all[target].root, target, nil) }
    if fragment.hasPrefix("/") { return follow(fragment, from: target) }
    let anchor = ExactString(fragment)
    return all[target].anchors[anchor].map { ($0, target, anchor) }
  }

  /// A pointer may lead to a place that is none of `places`, and into another resource.
  private mutating func follow(_ text: String, from resource: Int) -> (schema: RawJSON, resource: Int, anchor: ExactString?)? {
    guard let pointer = JSONPointer(text) else { return nil }
    var place = all[resource].root
    var resource = resource
    for token in pointer.tokens {
      guard let inner = child(ExactString(token), of: place) else { return nil }
      place = inner
      resource = byOffset[inner.offset] ?? resource
    }
    return (place, resource, nil)
  }

  private mutating func child(_ token: ExactString, of parent: RawJSON) -> RawJSON? {
    if let known = children[parent.offset] { return known[token] }
    var found: [ExactString: RawJSON] = [:]
    for (position, element) in parent.elements.enumerated() { found[ExactString(String(position))] = element }
    for (key, value) in parent.members { found[ExactString(key.stringValue ?? "")] = value }
    children[parent.offset] = found
    return found[token]
  }
}

/// Where the specification puts schemas inside of schemas.
enum SchemaVocabulary {
  private static let single: Set<String> = [
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems",
    "unevaluatedProperties",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "items", "oneOf", "prefixItems"]
  private static let maps: Set<String> = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"]

  static func subschemas(of schema: RawJSON) -> [RawJSON] {
    var found: [RawJSON] = []
    for (key, value) in schema.members {
      guard let keyword = key.stringValue else { continue }
      if single.contains(keyword), value.kind == .object || value.kind == .bool { found.append(value) }
      if lists.contains(keyword) { found += value.elements }
      if maps.contains(keyword) { found += value.members.map(\.value) }
    }
    return found
  }
}
