/// Reads the keywords of one schema object.
struct KeywordReader {
  let schema: RawJSON
  let resource: Int
  private var found: [SchemaKeyword] = []
  private var members = MemberSchemas()
  private var items = ItemSchemas()

  init(schema: RawJSON, resource: Int) {
    self.schema = schema
    self.resource = resource
  }

  mutating func read(with compiler: inout SchemaCompiler) throws(JSONSchemaError) -> [SchemaKeyword] {
    for (key, value) in schema.members {
      guard let keyword = key.stringValue else { continue }
      if try readAssertion(keyword, value, compiler) { continue }
      if try readReference(keyword, value, &compiler) { continue }
      try readApplicator(keyword, value, &compiler)
    }
    if !members.isEmpty { found.append(.members(members)) }
    if !items.isEmpty { found.append(.items(items)) }
    return found
  }

  /// Keywords that look at one value only. False when `keyword` is none of them.
  private mutating func readAssertion(_ keyword: String, _ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> Bool {
    if let bound = NumericBound.Keyword(rawValue: keyword) {
      let (limit, text) = try number(value, compiler)
      found.append(.bound(NumericBound(keyword: bound, limit: limit, text: text)))
      return true
    }
    if let bound = SizeBound.Keyword(rawValue: keyword) {
      found.append(.size(SizeBound(keyword: bound, limit: try count(value, compiler))))
      return true
    }
    switch keyword {
    case "type": found.append(.type(try types(value, compiler)))
    case "const": found.append(.constant(PermittedValues([value.value])))
    case "enum": found.append(.enumeration(PermittedValues(try list(value, compiler).map(\.value))))
    case "multipleOf": found.append(try multiple(value, compiler))
    case "pattern": found.append(.pattern(try pattern(try string(value, compiler), at: value, compiler)))
    case "uniqueItems": if try boolean(value, compiler) { found.append(.uniqueItems) }
    case "required": found.append(.required(try strings(value, compiler)))
    case "dependentRequired":
      var dependencies: [(name: String, required: [String])] = []
      for (key, names) in try object(value, compiler) { dependencies.append((key.stringValue ?? "", try strings(names, compiler))) }
      found.append(.dependentRequired(dependencies))
    default: return false
    }
    return true
  }

  /// False when `keyword` is none of them.
  private mutating func readReference(_ keyword: String, _ value: RawJSON, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) -> Bool
  {
    guard keyword == "$ref" || keyword == "$dynamicRef" else { return false }
    let text = try string(value, compiler)
    guard let target = compiler.resources.find(text, from: resource) else {
      throw compiler.error(at: value, "\(keyword) leads to nothing in this document; schemas are not fetched from elsewhere")
    }
    let index = compiler.index(of: target.schema, resource: target.resource)
    let isDynamic = target.anchor.map { compiler.resources.all[target.resource].dynamicAnchors[$0] != nil } ?? false
    if keyword == "$dynamicRef", isDynamic, let anchor = target.anchor {
      found.append(.dynamicReference(index, anchor: anchor))
    } else {
      found.append(.reference(index))
    }
    return true
  }

  /// Keywords that apply other schemas; anything else is ignored.
  private mutating func readApplicator(_ keyword: String, _ value: RawJSON, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) {
    switch keyword {
    case "allOf": found.append(.allOf(try schemas(value, &compiler)))
    case "anyOf": found.append(.anyOf(try schemas(value, &compiler)))
    case "oneOf": found.append(.oneOf(try schemas(value, &compiler)))
    case "not": found.append(.not(index(value, &compiler)))
    case "if":
      let then = schema["then"].map { index($0, &compiler) }
      let otherwise = schema["else"].map { index($0, &compiler) }
      found.append(.conditional(test: index(value, &compiler), then: then, otherwise: otherwise))
    case "propertyNames": found.append(.propertyNames(index(value, &compiler)))
    case "unevaluatedProperties": found.append(.unevaluatedProperties(index(value, &compiler)))
    case "unevaluatedItems": found.append(.unevaluatedItems(index(value, &compiler)))
    case "dependentSchemas":
      let dependencies = try object(value, compiler).map { ($0.key.stringValue ?? "", index($0.value, &compiler)) }
      found.append(.dependentSchemas(dependencies))
    case "properties":
      for (key, schema) in try object(value, compiler) { members.named[ExactString(key.stringValue ?? "")] = index(schema, &compiler) }
    case "patternProperties":
      for (key, schema) in try object(value, compiler) {
        members.patterned.append((try pattern(key.stringValue ?? "", at: schema, compiler), index(schema, &compiler)))
      }
    case "additionalProperties": members.additional = index(value, &compiler)
    default: try readArrayApplicator(keyword, value, &compiler)
    }
  }

  private mutating func readArrayApplicator(_ keyword: String, _ value: RawJSON, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) {
    switch keyword {
    case "prefixItems": items.prefix = try schemas(value, &compiler)
    case "items" where value.kind == .array: items.prefix = try schemas(value, &compiler)
    case "items": items.rest = index(value, &compiler)
    case "additionalItems" where schema["items"]?.kind == .array:
      items.rest = index(value, &compiler)
      items.restKeyword = keyword
    case "contains":
      let least = try schema["minContains"].map { value throws(JSONSchemaError) in try count(value, compiler) } ?? 1
      let most = try schema["maxContains"].map { value throws(JSONSchemaError) in try count(value, compiler) }
      found.append(.contains(schema: index(value, &compiler), least: least, most: most))
    default: break
    }
  }
}

/// Values of keywords, checked for their form.
extension KeywordReader {
  private func index(_ schema: RawJSON, _ compiler: inout SchemaCompiler) -> Int { compiler.index(of: schema, resource: resource) }

  private func schemas(_ value: RawJSON, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) -> [Int] {
    try list(value, compiler).map { index($0, &compiler) }
  }

  private func list(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> [RawJSON] {
    guard value.kind == .array else { throw compiler.error(at: value, "is \(value.kind.phrase), expected an array") }
    return Array(value.elements)
  }

  private func object(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> Members {
    guard value.kind == .object else { throw compiler.error(at: value, "is \(value.kind.phrase), expected an object") }
    return value.members
  }

  private func string(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> String {
    guard let text = value.stringValue else { throw compiler.error(at: value, "is \(value.kind.phrase), expected a string") }
    return text
  }

  private func strings(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> [String] {
    try list(value, compiler).map { element throws(JSONSchemaError) in try string(element, compiler) }
  }

  private func boolean(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> Bool {
    guard let flag = value.boolValue else { throw compiler.error(at: value, "is \(value.kind.phrase), expected a boolean") }
    return flag
  }

  private func number(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> (Decimal, text: String) {
    guard let number = value.numberValue, let decimal = Decimal(number.text.utf8) else {
      throw compiler.error(at: value, "is \(value.kind.phrase), expected a number")
    }
    return (decimal, number.text)
  }

  /// Counts beyond `Int` are beyond everything.
  private func count(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> Int {
    let (number, _) = try number(value, compiler)
    guard number.isInteger, number.sign >= 0 else { throw compiler.error(at: value, "expected an integer that is not negative") }
    return number.intValue ?? .max
  }

  private func multiple(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> SchemaKeyword {
    let (number, text) = try number(value, compiler)
    guard number.sign > 0, let coefficient = number.coefficient else {
      throw compiler.error(at: value, "expected a number above 0 with at most 18 significant digits")
    }
    return .multipleOf(coefficient: coefficient, power: number.exponent, text: text)
  }

  private func types(_ value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> TypeSet {
    var set: TypeSet = []
    for name in value.kind == .array ? try list(value, compiler) : [value] {
      guard let type = TypeSet(name: try string(name, compiler)) else { throw compiler.error(at: name, "is none of the seven type names") }
      set.formUnion(type)
    }
    return set
  }

  private func pattern(_ source: String, at value: RawJSON, _ compiler: SchemaCompiler) throws(JSONSchemaError) -> Pattern {
    do throws(PatternError) {
      return try Pattern(source)
    } catch {
      throw compiler.error(at: value, "unusable pattern: \(error)")
    }
  }
}

extension JSONValue {
  /// The same value with numbers in one form, so that equality is that of JSON Schema: 1, 1.0 and 1e0 are one number.
  var canonical: JSONValue {
    switch self {
    case .number(let number): .number(JSONNumber(checked: Decimal(number.text.utf8)?.canonicalText ?? number.text))
    case .array(let elements): .array(elements.map(\.canonical))
    case .object(let members): .object(members.mapValues(\.canonical))
    default: self
    }
  }
}
