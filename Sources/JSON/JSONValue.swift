/// A JSON value as a tree, for documents that are edited or read throughout. For messages that pass through, see `RawJSON`.
package indirect enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  package init(_ value: Int) { self = .number(JSONNumber(value)) }

  /// Null when the value is infinite or NaN.
  package init(_ value: Double) { self = value.isFinite ? .number(JSONNumber(value)) : .null }

  package init(_ value: String) { self = .string(value) }

  package init(_ value: Bool) { self = .bool(value) }

  /// Checks and reads a whole text.
  package init(parsing text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
    self = try RawJSON(validating: text, limits: limits).value
  }

  package var kind: JSONKind {
    switch self {
    case .null: .null
    case .bool: .bool
    case .number: .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  /// The member of an object; nil if there is none or this is no object.
  package subscript(name: String) -> JSONValue? { objectValue?[name] }

  /// The element of an array; nil if there is none or this is no array.
  package subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  package var isNull: Bool {
    if case .null = self { true } else { false }
  }
  package var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
  package var numberValue: JSONNumber? {
    if case .number(let value) = self { value } else { nil }
  }
  package var intValue: Int? { numberValue?.intValue }
  package var doubleValue: Double? { numberValue?.doubleValue }
  package var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }
  package var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }
  package var objectValue: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }
}

/// Numbers are equal when their texts are, strings when their UTF-8 is, objects whatever the order of their members.
extension JSONValue: Hashable {
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let one), .bool(let other)): one == other
    case (.number(let one), .number(let other)): one == other
    case (.string(let one), .string(let other)): one.hasSameUTF8(as: other)
    case (.array(let one), .array(let other)): one == other
    case (.object(let one), .object(let other)): one == other
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    switch self {
    case .null: break
    case .bool(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let value): value.hashUTF8(into: &hasher)
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

/// There is no nil literal for null: `nil` must keep meaning "no value" where an optional `JSONValue` is expected.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self.init(value) }
  package init(floatLiteral value: Double) { self.init(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
