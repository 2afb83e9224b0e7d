package import JSON

/// The answer to `initialize` (legacy revisions).
package struct InitializeResult: Sendable {
  package var revision: Revision
  package var serverInfo: Implementation
  /// An object such as `{"tools": {"listChanged": true}}`.
  package var capabilities: JSONValue
  package var instructions: String?

  package init(revision: Revision, serverInfo: Implementation, capabilities: JSONValue, instructions: String? = nil) {
    self.revision = revision
    self.serverInfo = serverInfo
    self.capabilities = capabilities
    self.instructions = instructions
  }

  /// JSON text of the result object, on one line.
  package func encoded() -> [UInt8] {
    var object: JSONObject = [
      "protocolVersion": .string(revision.rawValue),
      "capabilities": capabilities,
      "serverInfo": serverInfo.json,
    ]
    if let instructions { object["instructions"] = .string(instructions) }
    return JSONValue.object(object).serialized()
  }
}
