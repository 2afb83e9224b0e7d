/// Turns a schema document into subschemas that refer to each other by index. Works off a list instead of recursing, so that no chain of references is too long.
struct SchemaCompiler {
  let document: RawJSON
  var resources: SchemaResources
  private var subschemas: [Subschema] = []
  /// By offset in the document: the index of the subschema there.
  private var indexes: [Int: Int] = [:]
  private var waiting: [(schema: RawJSON, index: Int)] = []

  static func compile(_ document: RawJSON) throws(JSONSchemaError) -> JSONSchema {
    guard document.bytes.count <= JSONSchema.largestBytes else {
      throw JSONSchemaError(pointer: "", message: "larger than \(JSONSchema.largestBytes) bytes")
    }
    var compiler = SchemaCompiler(document: document, resources: try SchemaResources(document))
    let places = compiler.resources.places
    let root = compiler.index(of: document, resource: places.first?.resource ?? 0)
    for (schema, resource) in places { _ = compiler.index(of: schema, resource: resource) }
    let anchors = compiler.resources.all.enumerated().map { number, resource in
      resource.dynamicAnchors.mapValues { compiler.index(of: $0, resource: number) }
    }
    try compiler.compileWaiting()
    let tracks = compiler.subschemas.contains { $0.keywords.contains(where: \.isUnevaluated) }
    return JSONSchema(subschemas: compiler.subschemas, root: root, dynamicAnchors: anchors, tracksEvaluation: tracks)
  }

  private init(document: RawJSON, resources: SchemaResources) {
    self.document = document
    self.resources = resources
  }

  /// The index that the schema has or will have.
  mutating func index(of schema: RawJSON, resource: Int) -> Int {
    if let index = indexes[schema.offset] { return index }
    let index = subschemas.count
    subschemas.append(Subschema(resource: resource))
    indexes[schema.offset] = index
    waiting.append((schema, index))
    return index
  }

  private mutating func compileWaiting() throws(JSONSchemaError) {
    while let (schema, index) = waiting.popLast() {
      subschemas[index].keywords = try keywords(of: schema, resource: subschemas[index].resource)
    }
  }

  private mutating func keywords(of schema: RawJSON, resource: Int) throws(JSONSchemaError) -> [SchemaKeyword] {
    switch schema.kind {
    case .bool: return schema.boolValue == true ? [] : [.never]
    case .object: break
    default: throw error(at: schema, "is \(schema.kind.phrase), expected an object or a boolean")
    }
    var reader = KeywordReader(schema: schema, resource: resource)
    let read = try reader.read(with: &self)
    return read.filter { !$0.isUnevaluated } + read.filter(\.isUnevaluated)
  }

  /// An error with the place of `value` in the document.
  func error(at value: RawJSON, _ message: String) -> JSONSchemaError {
    JSONSchemaError(pointer: pointer(to: value), message: message)
  }

  private func pointer(to value: RawJSON) -> String {
    var pointer = JSONPointer()
    var place = document
    while place.offset != value.offset {
      if let (position, inner) = place.elements.enumerated().first(where: { $0.element.range.contains(value.offset) }) {
        pointer = pointer.appending(position)
        place = inner
      } else if let (key, inner) = place.members.first(where: { $0.value.range.contains(value.offset) }) {
        pointer = pointer.appending(key.stringValue ?? "")
        place = inner
      } else {
        break
      }
    }
    return pointer.description
  }
}

extension JSONKind {
  /// With its article, for messages.
  var phrase: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "a boolean"
    case .null: "null"
    }
  }
}
