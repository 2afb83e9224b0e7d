package import JSON

/// The JSON Schema of the configuration document, draft 2020-12: for editors, which complete and check while one types. What the gateway itself checks is more:
/// references, addresses, files.
package enum ConfigSchema {
  /// What the file is called that `generate-config` puts beside a configuration.
  package static let fileName = "enkrypt_mcp_config.schema.json"

  /// - Throws: when the example that the schema is learned from does not parse.
  package static func document() throws(ConfigError) -> JSONValue {
    let learned = try ConfigReader.schema(from: Array(ConfigExample.text.utf8)).schema
    var schema: JSONObject = [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Configuration of the Secure MCP Gateway",
    ]
    for (name, value) in learned { schema[name] = value }
    return .object(schema)
  }

  /// With a line break at its end.
  package static func text() throws(ConfigError) -> [UInt8] {
    try document().serialized(pretty: true) + Array("\n".utf8)
  }
}
