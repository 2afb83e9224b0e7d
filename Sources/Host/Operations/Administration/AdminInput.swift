package import JSON

/// What an administrative operation was told, checked against its fields: no other names, none missing, each of its type. `null` counts as absent.
package struct AdminInput: Sendable {
  private let raw: RawJSON
  private let fields: [FieldUse]

  /// - Throws: `toolInvalidArguments` naming the field.
  package init(_ arguments: RawJSON, for fields: [FieldUse]) throws(GatewayError) {
    raw = arguments
    self.fields = fields
    guard arguments.kind == .object else { throw GatewayError(.toolInvalidArguments, "The input must be an object.") }
    let known = fields.flatMap(\.names)
    for member in arguments.members {
      guard let name = member.key.stringValue, known.contains(name) else {
        let name = member.key.stringValue ?? ""
        throw Self.wrong(
          "There is no field '\(Fields.shown(name))'.", field: Fields.shown(name),
          suggestions: [Suggestion.didYouMean(name, among: known)].compactMap { $0 })
      }
    }
    for field in fields { try check(field) }
  }

  private func check(_ field: FieldUse) throws(GatewayError) {
    let given = field.names.compactMap { name in Self.member(name, of: raw).map { (name: name, value: $0) } }
    guard let first = given.first else {
      guard field.isRequired else { return }
      throw Self.wrong("\(Self.choice(field.names)) is required.", field: field.name)
    }
    for (name, value) in given where !field.isReadable(value) {
      throw Self.wrong("The field '\(name)' must be \(field.type.expectation).", field: name)
    }
    guard given.allSatisfy({ $0.value.value == first.value.value }) else {
      throw Self.wrong("\(Self.choice(field.names)) is enough; they say different things.", field: first.name)
    }
  }

  /// A field that is not as it has to be, or is missing.
  static func wrong(_ message: String, field: String, suggestions: [String] = []) -> GatewayError {
    var error = GatewayError(.toolInvalidArguments, message, suggestions: suggestions)
    error.field = field
    return error
  }

  private static func choice(_ names: [String]) -> String {
    names.count == 1 ? "The field '\(names[0])'" : "One of the fields " + names.map { "'\($0)'" }.joined(separator: ", ")
  }

  private static func member(_ name: String, of raw: RawJSON) -> RawJSON? {
    guard let value = raw[name], !value.isNull else { return nil }
    return value
  }

  /// Nil when the field was not given.
  package func find<Value>(_ field: Field<Value>) -> Value? {
    for name in field.names {
      if let value = Self.member(name, of: raw) { return field.read(value) }
    }
    return nil
  }

  /// - Throws: `toolInvalidArguments` when the field was not given, which a required field always is.
  package func require<Value>(_ field: Field<Value>) throws(GatewayError) -> Value {
    guard let value = find(field) else { throw Self.wrong("\(Self.choice(field.names)) is required.", field: field.names[0]) }
    return value
  }

  /// A new name for something: printable, not empty, of a sensible length.
  package func newName(_ field: Field<String>) throws(GatewayError) -> String {
    let name = try require(field)
    guard !name.isEmpty, name.count <= 256, name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw Self.wrong(
        "The field '\(field.names[0])' must have 1 to 256 characters, none of them a control character.", field: field.names[0])
    }
    return name
  }

  /// What is recorded of it: names and switches as they are, secrets by the id of their digest, documents only as given.
  var audited: JSONObject {
    var audited = JSONObject()
    for field in fields {
      for name in field.names {
        if let value = Self.member(name, of: raw) { audited[name] = Self.audited(value, field.type) }
      }
    }
    return audited
  }

  private static func audited(_ value: RawJSON, _ type: FieldType) -> JSONValue {
    switch type {
    case .boolean, .integer: value.value
    case .string: .string(String(URLMask.masked(value.stringValue ?? "").prefix(Limits.Audit.maxValueCharacters)))
    case .key: .string(KeyName.id(of: value.stringValue ?? ""))
    case .strings, .object, .json, .document: .string("(\(value.itemCount) given)")
    }
  }
}
