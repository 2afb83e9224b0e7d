internal import JSON

/// One field of an operation's input, stated once: what it is called in JSON (and, with hyphens, on the command line), what it is for, and how it is read.
package struct Field<Value: Sendable>: Sendable {
  /// The first is its name. A caller gives one of them.
  package let names: [String]
  package let summary: String
  package let type: FieldType
  let read: @Sendable (RawJSON) -> Value?

  /// `read` gives nil for a value of another type.
  init(_ names: [String], _ summary: String, _ type: FieldType, read: @escaping @Sendable (RawJSON) -> Value?) {
    self.names = names
    self.summary = summary
    self.type = type
    self.read = read
  }

  package var required: FieldUse { FieldUse(names: names, summary: summary, type: type, isRequired: true, isReadable: { read($0) != nil }) }
  package var optional: FieldUse {
    FieldUse(names: names, summary: summary, type: type, isRequired: false, isReadable: { read($0) != nil })
  }
}

/// What a field holds, for schemas and messages.
package enum FieldType: String, Sendable, CaseIterable {
  case string, boolean, integer, strings, object, json
  /// An exported document, which a file may hold.
  case document
  /// A secret or what leads to one: never recorded as it is.
  case key

  /// As in "must be …".
  var expectation: String {
    switch self {
    case .string, .key: "a string"
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .strings: "an array of strings"
    case .object: "an object"
    case .json: "a JSON object or array"
    case .document: "a JSON document"
    }
  }
}

/// A field as an operation uses it.
package struct FieldUse: Sendable {
  package let names: [String]
  package let summary: String
  package let type: FieldType
  package let isRequired: Bool
  let isReadable: @Sendable (RawJSON) -> Bool
  package var name: String { names[0] }
}

extension Field where Value == String {
  init(_ name: String, _ summary: String) { self.init([name], summary, .string) { $0.stringValue } }
  init(oneOf names: [String], _ summary: String) { self.init(names, summary, .string) { $0.stringValue } }
}

extension Field where Value == Bool {
  init(_ name: String, _ summary: String) { self.init([name], summary, .boolean) { $0.boolValue } }
}

extension Field where Value == Int {
  init(_ name: String, _ summary: String) { self.init([name], summary, .integer) { $0.intValue } }
}

extension Field where Value == [String] {
  init(_ name: String, _ summary: String) {
    self.init([name], summary, .strings) { value in
      guard value.kind == .array else { return nil }
      let strings = value.elements.compactMap(\.stringValue)
      return strings.count == value.itemCount ? strings : nil
    }
  }
}

extension Field where Value == JSONObject {
  init(_ name: String, _ summary: String) { self.init([name], summary, .object) { $0.value.objectValue } }
}

extension Field where Value == RawJSON {
  init(_ name: String, _ summary: String, _ type: FieldType) {
    self.init([name], summary, type) { $0.kind == .object || $0.kind == .array ? $0 : nil }
  }
}
