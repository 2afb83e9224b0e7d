/// One compiled schema object or boolean. Others are referred to by index, so that schemas may be recursive.
struct Subschema: Sendable {
  /// The document, or embedded document with its own `$id`, that it belongs to.
  var resource: Int
  /// In the order of evaluation: `unevaluated…` last.
  var keywords: [SchemaKeyword] = []
}

/// A keyword, or a few that only make sense together.
enum SchemaKeyword: Sendable {
  case never
  case type(TypeSet)
  case constant(PermittedValues)
  case enumeration(PermittedValues)
  case bound(NumericBound)
  case multipleOf(coefficient: UInt64, power: Int, text: String)
  case size(SizeBound)
  case pattern(Pattern)
  case uniqueItems
  case required([String])
  case dependentRequired([(name: String, required: [String])])
  case members(MemberSchemas)
  case propertyNames(Int)
  case dependentSchemas([(name: String, schema: Int)])
  case items(ItemSchemas)
  case contains(schema: Int, least: Int, most: Int?)
  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case conditional(test: Int, then: Int?, otherwise: Int?)
  case reference(Int)
  case dynamicReference(Int, anchor: ExactString)
  case unevaluatedProperties(Int)
  case unevaluatedItems(Int)

  var isUnevaluated: Bool {
    switch self {
    case .unevaluatedProperties, .unevaluatedItems: true
    default: false
    }
  }
}

/// `properties`, `patternProperties` and `additionalProperties`, which depend on each other.
struct MemberSchemas: Sendable {
  var named: [ExactString: Int] = [:]
  var patterned: [(pattern: Pattern, schema: Int)] = []
  var additional: Int?
  var isEmpty: Bool { named.isEmpty && patterned.isEmpty && additional == nil }
}

/// `prefixItems` and `items`.
struct ItemSchemas: Sendable {
  var prefix: [Int] = []
  var rest: Int?
  /// The keyword that `rest` was given by.
  var restKeyword = "items"
  var isEmpty: Bool { prefix.isEmpty && rest == nil }
}

/// The values of `const` or `enum`, in canonical form.
struct PermittedValues: Sendable {
  let values: Set<JSONValue>
  let kinds: Set<JSONKind>

  init(_ values: some Sequence<JSONValue>) {
    self.values = Set(values.map(\.canonical))
    kinds = Set(self.values.map(\.kind))
  }
}

/// `minimum` and its kin.
struct NumericBound: Sendable {
  enum Keyword: String, Sendable, CaseIterable {
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum
  }
  let keyword: Keyword
  let limit: Decimal
  let text: String

  func allows(_ number: Decimal) -> Bool {
    switch keyword {
    case .minimum: number >= limit
    case .maximum: number <= limit
    case .exclusiveMinimum: number > limit
    case .exclusiveMaximum: number < limit
    }
  }

  var demand: String {
    switch keyword {
    case .minimum: "at least \(text)"
    case .maximum: "at most \(text)"
    case .exclusiveMinimum: "more than \(text)"
    case .exclusiveMaximum: "less than \(text)"
    }
  }
}

/// `minLength` and its kin.
struct SizeBound: Sendable {
  enum Keyword: String, Sendable, CaseIterable {
    case minLength, maxLength, minItems, maxItems, minProperties, maxProperties
  }
  let keyword: Keyword
  let limit: Int

  var kind: JSONKind {
    switch keyword {
    case .minLength, .maxLength: .string
    case .minItems, .maxItems: .array
    case .minProperties, .maxProperties: .object
    }
  }

  func allows(_ size: Int) -> Bool {
    switch keyword {
    case .minLength, .minItems, .minProperties: size >= limit
    case .maxLength, .maxItems, .maxProperties: size <= limit
    }
  }

  func message(for size: Int) -> String {
    let unit =
      switch kind {
      case .string: size == 1 ? "character" : "characters"
      case .array: size == 1 ? "element" : "elements"
      default: size == 1 ? "member" : "members"
      }
    return "has \(size) \(unit), \(size < limit ? "fewer than the \(limit) required" : "more than the \(limit) permitted")"
  }
}

/// The names that `type` may have.
struct TypeSet: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let object = TypeSet(rawValue: 4)
  static let array = TypeSet(rawValue: 8)
  static let number = TypeSet(rawValue: 16)
  static let string = TypeSet(rawValue: 32)
  static let integer = TypeSet(rawValue: 64)

  private static let names: [(name: String, type: TypeSet)] = [
    ("null", .null), ("boolean", .boolean), ("object", .object), ("array", .array), ("number", .number), ("string", .string),
    ("integer", .integer),
  ]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init?(name: String) {
    guard let type = Self.names.first(where: { $0.name == name })?.type else { return nil }
    self = type
  }

  func allows(_ value: JSONValue) -> Bool {
    switch value {
    case .null: contains(.null)
    case .bool: contains(.boolean)
    case .object: contains(.object)
    case .array: contains(.array)
    case .string: contains(.string)
    case .number(let number): contains(.number) || (contains(.integer) && Decimal(number.text.utf8)?.isInteger == true)
    }
  }

  var description: String {
    let names = Self.names.filter { contains($0.type) }.map(\.name)
    return names.isEmpty ? "nothing" : names.joined(separator: " or ")
  }
}
