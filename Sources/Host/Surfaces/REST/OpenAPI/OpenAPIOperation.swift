internal import JSON

/// One operation's entry in the description.
struct OpenAPIOperation {
  private let operation: AdminOperation
  /// Names that stand in the path.
  private let pathNames: [String]

  init(_ operation: AdminOperation) {
    self.operation = operation
    pathNames = operation.route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  var document: JSONValue {
    var entry: JSONObject = [
      "operationId": .string(operation.name.replacing(" ", with: "-")), "tags": [.string(operation.family)],
      "summary": .string(operation.summary), "description": .string(explanation), "x-command": .string(operation.name),
      "parameters": .array(parameters),
    ]
    if let body { entry["requestBody"] = body }
    entry["responses"] = responses
    return .object(entry)
  }

  private var explanation: String {
    let who =
      switch (operation.isOpenToMembers, operation.permission) {
      case (true, _): "Needs an administrator, or a key of the project itself."
      case (false, _): "Needs an administrator."
      }
    return "\(operation.summary) The command is `\(operation.name)`. \(who)"
  }

  private func isInPath(_ field: FieldUse) -> Bool { field.names.contains { pathNames.contains($0) } }

  // MARK: Parameters

  private var parameters: [JSONValue] {
    var parameters = operation.fields.filter(isInPath).map { field in
      Self.parameter(
        field.names.first { pathNames.contains($0) } ?? field.name, in: "path", field.summary, ["type": "string", "minLength": 1],
        isRequired: true)
    }
    if operation.route.method == .get {
      parameters += operation.fields.filter { !isInPath($0) && !$0.isRequired }.map { field in
        Self.parameter(field.name, in: "query", field.summary, field.type.schema)
      }
    }
    if operation.shape.isList {
      parameters.append(
        Self.parameter(
          "limit", in: "query", "How many elements at most; without it, all.",
          ["type": "integer", "minimum": 1, "maximum": .int(Limits.REST.maxPageSize)]))
      parameters.append(
        Self.parameter(
          "offset", in: "query", "How many elements to leave out first.",
          ["type": "integer", "minimum": 0, "maximum": .int(Int(Int32.max))])
      )
    }
    return parameters + (operation.isMutation ? changeParameters : [])
  }

  private var changeParameters: [JSONValue] {
    var parameters = [
      Self.parameter("dry_run", in: "query", "Check the change, show it, and change nothing.", ["type": "boolean"]),
      Self.parameter("If-Match", in: "header", "Change only this revision: the ETag of an earlier answer.", ["type": "string"]),
    ]
    if operation.route.method == .post {
      parameters.append(
        Self.parameter(
          "Idempotency-Key", in: "header", "Any text: a request that is sent again with it is not done again.",
          ["type": "string", "minLength": 1, "maxLength": .int(Limits.REST.maxIdempotencyKeyBytes)]))
    }
    return parameters
  }

  private static func parameter(_ name: String, in place: String, _ summary: String, _ schema: JSONValue, isRequired: Bool = false)
    -> JSONValue
  {
    [
      "name": .string(name), "in": .string(place), "description": .string(summary), "required": .bool(isRequired), "schema": schema,
    ]
  }

  // MARK: Body

  /// Nil when there is nothing to say.
  private var body: JSONValue? {
    guard RESTInput.takesBody(operation) else { return nil }
    var properties = JSONObject()
    var conditions: [JSONValue] = []
    for field in operation.fields where !isInPath(field) {
      var names = field.names
      for name in names { properties[name] = Self.described(field.type.schema, field.summary) }
      if field.type == .document {
        names.append("input_file")
        properties["input_file"] = Self.described(
          FieldType.string.schema, "In place of the document: the bare name of a file in the backup folder.")
      }
      if field.isRequired { conditions.append(["anyOf": .array(names.map(Self.given))]) }
    }
    if operation.isExport {
      properties["output_file"] = Self.described(
        FieldType.string.schema, "The bare name of a file in the backup folder that the document goes into.")
    }
    guard !properties.isEmpty else { return nil }
    var schema: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
    if !conditions.isEmpty { schema["allOf"] = .array(conditions) }
    return ["required": .bool(!conditions.isEmpty), "content": ["application/json": ["schema": .object(schema)]]]
  }

  /// Null is as good as nothing.
  private static func described(_ schema: JSONValue, _ summary: String) -> JSONValue {
    var schema = schema.objectValue ?? [:]
    schema["description"] = .string(summary)
    if let type = schema["type"] { schema["type"] = .array((type.arrayValue ?? [type]) + ["null"]) }
    return .object(schema)
  }

  private static func given(_ name: String) -> JSONValue {
    ["required": [.string(name)], "properties": .object([name: ["not": ["type": "null"]]])]
  }

  // MARK: Answers

  private var responses: JSONValue {
    var responses: JSONObject = ["200": done]
    if operation.route.method == .get { responses["304"] = ["description": "The configuration is still the one of If-None-Match."] }
    for (status, _) in OpenAPISchemas.refusals { responses[status] = ["$ref": .string("#/components/responses/\(status)")] }
    return .object(responses)
  }

  private var done: JSONValue {
    var alternatives = [operation.shape.schema]
    if operation.isExport { alternatives.append(OpenAPISchemas.reference("Exported")) }
    if operation.isMutation { alternatives.append(OpenAPISchemas.reference("Preview")) }
    return OpenAPISchemas.done(alternatives.count == 1 ? alternatives[0] : ["anyOf": .array(alternatives)], isList: operation.shape.isList)
  }
}

extension FieldType {
  /// JSON Schema 2020-12.
  var schema: JSONValue {
    switch self {
    case .string, .key: ["type": "string"]
    case .boolean: ["type": "boolean"]
    case .integer: ["type": "integer", "minimum": .int(Int(Int32.min)), "maximum": .int(Int(Int32.max))]
    case .strings: ["type": "array", "items": ["type": "string"]]
    case .object: ["type": "object"]
    case .json, .document: ["type": ["object", "array"]]
    }
  }
}
