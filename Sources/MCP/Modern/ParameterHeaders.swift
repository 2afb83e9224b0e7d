package import JSON

/// The arguments of one tool that a client of 2026-07-28 repeats in `Mcp-Param-…` headers: those whose schema says `x-mcp-header`.
package struct ParameterHeaders: Sendable, Equatable {
  /// Why the annotations of a tool cannot be followed. A client must not use such a tool.
  package enum Invalid: Error, Sendable, Equatable {
    /// Not on a property that a chain of `properties` alone leads to.
    case misplaced
    /// Not a token of RFC 9110 §5.6.2.
    case notAToken
    /// The property is not of one of the types string, integer and boolean.
    case typeNotAllowed
    /// Two properties have the same header.
    case duplicate
  }

  struct Parameter: Sendable, Equatable {
    let path: [String]
    let header: String
    let isInteger: Bool

    func argument(in arguments: RawJSON?) -> RawJSON? {
      var value = arguments
      for name in path { value = value?[name] }
      return value
    }
  }

  static let prefix = "Mcp-Param-"
  private static let annotation = "x-mcp-header"
  /// Keywords of JSON Schema 2020-12 whose value is a schema, a list of schemas, or an object of schemas; `properties` is none of these.
  private static let schemas: Set<String> = [
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties", "not", "if", "then", "else",
    "contentSchema",
  ]
  private static let schemaLists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
  private static let schemaMaps: Set<String> = ["patternProperties", "dependentSchemas", "$defs", "definitions"]

  private(set) var parameters: [Parameter] = []

  package init(inputSchema: RawJSON?) throws(Invalid) {
    if let inputSchema { try read(inputSchema, path: []) }
  }

  package var isEmpty: Bool { parameters.isEmpty }

  /// The headers of a call. An argument that is absent, null, or neither text, number nor truth value has none.
  package func fields(for arguments: RawJSON?) -> [(name: String, value: String)] {
    parameters.compactMap { parameter in
      parameter.argument(in: arguments).flatMap(Self.text).map { (Self.prefix + parameter.header, HeaderText.encode($0)) }
    }
  }

  static func text(_ value: RawJSON) -> String? {
    switch value.kind {
    case .string: value.stringValue
    case .number: String(decoding: value.bytes, as: UTF8.self)
    case .bool: value.boolValue == true ? "true" : "false"
    default: nil
    }
  }

  /// `path` is nil where another keyword than `properties` led. As deep as JSON may be nested.
  private mutating func read(_ schema: RawJSON, path: [String]?) throws(Invalid) {
    guard schema.kind == .object else { return }
    if let header = schema[Self.annotation] { try add(header, path: path, type: schema["type"]) }
    for (key, value) in schema.members {
      let keyword = key.stringValue ?? ""
      if keyword == "properties" {
        for (name, property) in value.members { try read(property, path: path.map { $0 + [name.stringValue ?? ""] }) }
      } else if Self.schemas.contains(keyword) {
        try read(value, path: nil)
      } else if Self.schemaLists.contains(keyword) {
        for element in value.elements { try read(element, path: nil) }
      } else if Self.schemaMaps.contains(keyword) {
        for (_, member) in value.members { try read(member, path: nil) }
      }
    }
  }

  private mutating func add(_ header: RawJSON, path: [String]?, type: RawJSON?) throws(Invalid) {
    guard let path, !path.isEmpty else { throw .misplaced }
    guard let name = header.stringValue, Self.isToken(name) else { throw .notAToken }
    guard let type = type?.stringValue, ["string", "integer", "boolean"].contains(type) else { throw .typeNotAllowed }
    guard !parameters.contains(where: { $0.header.lowercased() == name.lowercased() }) else { throw .duplicate }
    parameters.append(Parameter(path: path, header: name, isInteger: type == "integer"))
  }

  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
