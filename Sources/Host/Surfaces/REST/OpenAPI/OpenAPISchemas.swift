internal import JSON

/// What the descriptions of all operations share.
enum OpenAPISchemas {
  static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

  static var components: JSONValue {
    var responses = JSONObject()
    for (status, response) in refusals { responses[status] = response }
    return [
      "responses": .object(responses),
      "securitySchemes": [
        "bearer": ["type": "http", "scheme": "bearer", "description": "`admin_apikey`, or a gateway key whose role is `admin`."]
      ],
      "schemas": [
        "Error": error, "ErrorDetail": detailed(reference("Error")), "Refusal": refusal, "Mistakes": mistakes, "Preview": preview,
        "Exported": exported,
      ],
    ]
  }

  /// `{message, data, timestamp}`
  static func done(_ data: JSONValue, isList: Bool = false) -> JSONValue {
    let schema: JSONValue = [
      "type": "object", "properties": ["message": ["type": "string"], "data": data, "timestamp": ["type": "string"]],
      "required": ["message", "data", "timestamp"], "additionalProperties": false,
    ]
    var headers: JSONObject = ["ETag": header("Revision of the configuration, in quotes.")]
    if isList {
      headers["X-Total-Count"] = header("With limit or offset: how many elements there are.")
      headers["Link"] = header("With limit or offset: the pages before and after (RFC 8288).")
    }
    return ["description": "Done.", "headers": .object(headers), "content": ["application/json": ["schema": schema]]]
  }

  private static func header(_ description: String) -> JSONValue { ["description": .string(description), "schema": ["type": "string"]] }

  /// The statuses that every operation may answer with.
  static let refusals: KeyValuePairs<String, JSONValue> = [
    "400": response("Refused; nothing was changed.", "Refusal"), "401": response("Credentials are missing or not accepted.", "ErrorDetail"),
    "403": response("The credentials do not allow this.", "ErrorDetail"), "404": response("There is no such thing.", "Refusal"),
    "405": response("The path has no such method.", "Refusal"), "408": response("The body did not arrive in time.", "Refusal"),
    "409": response("The same request is under way.", "Refusal"),
    "412": response("The configuration is not the one of If-Match.", "Refusal"),
    "413": response("The body is too large.", "Refusal"), "415": response("The body is not JSON.", "Refusal"),
    "421": response("The Host header names another host.", "Refusal"), "422": response("The input is wrong.", "Mistakes"),
    "429": response("Too many requests were refused.", "Refusal"), "500": response("The configuration file is missing or wrong.", "Error"),
    "503": response("Not at the moment.", "Error"),
  ]

  private static func response(_ description: String, _ schema: String) -> JSONValue {
    ["description": .string(description), "content": ["application/json": ["schema": reference(schema)]]]
  }

  private static let error: JSONValue = [
    "type": "object",
    "properties": [
      "status": ["const": "error"],
      "error": [
        "type": "object",
        "properties": [
          "code": ["enum": .array(GatewayError.Code.allCases.map { .string($0.rawValue) })], "message": ["type": "string"],
          "severity": ["enum": ["low", "medium", "high", "critical"]], "recovery_strategy": ["type": "string"],
          "correlation_id": ["type": "string"], "timestamp": ["type": "string"], "context": ["type": "object"],
          "details": ["type": "object"],
        ],
        "required": ["code", "message", "severity", "recovery_strategy", "correlation_id", "timestamp"],
      ],
      "timestamp": ["type": "string"], "correlation_id": ["type": "string"],
    ],
    "required": ["status", "error", "timestamp", "correlation_id"],
  ]

  private static func detailed(_ schema: JSONValue) -> JSONValue {
    ["type": "object", "properties": ["detail": schema], "required": ["detail"]]
  }

  /// Below `/configs` the whole error, elsewhere a sentence. A check that found something wrong adds what it found.
  private static let refusal = detailed(["anyOf": [["type": "string"], reference("Error")]])

  private static let mistakes = detailed([
    "type": "array", "minItems": 1,
    "items": [
      "type": "object",
      "properties": [
        "type": ["type": "string"], "loc": ["type": "array", "items": ["type": ["string", "integer"]]], "msg": ["type": "string"],
        "input": ["description": "Always null: what was sent may be a secret."],
      ],
      "required": ["type", "loc", "msg"],
    ],
  ])

  private static let preview: JSONValue = [
    "type": "object", "description": "With dry_run.",
    "properties": [
      "dry_run": ["const": true], "revision_before": ["type": ["string", "null"]],
      "changes": ["type": "array", "items": ["type": "object", "required": ["change", "path"]]],
    ],
    "required": ["dry_run", "revision_before", "changes"], "additionalProperties": false,
  ]

  private static let exported: JSONValue = [
    "type": "object", "description": "With output_file.", "properties": ["output_file": ["type": "string"]], "required": ["output_file"],
    "additionalProperties": false,
  ]

  /// What needs no key.
  static let lifePaths: KeyValuePairs<String, JSONValue> = [
    "/health": life(
      "health", "Whether the API runs.",
      done([
        "type": "object", "properties": ["version": ["type": "string"], "config_path": ["type": "string"]],
        "required": ["version", "config_path"],
      ])),
    "/ready": life("ready", "Whether the configuration file as it stands is in effect.", done(["type": "null"])),
  ]

  private static func life(_ name: String, _ summary: String, _ done: JSONValue) -> JSONValue {
    let responses: JSONValue = [
      "200": done, "405": response("Only GET and HEAD.", "Refusal"), "421": response("The Host header names another host.", "Refusal"),
      "403": response("The Origin header names an origin that is not allowed.", "ErrorDetail"), "503": response("Not ready.", "Error"),
    ]
    return ["get": ["operationId": .string(name), "tags": ["life"], "summary": .string(summary), "security": [], "responses": responses]]
  }
}
