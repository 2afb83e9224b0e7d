package import JSON

/// The answer to `server/discover` (2026-07-28).
package struct DiscoverResult: Sendable {
  /// Versions that a client may put into `_meta`.
  package var supportedVersions: [Revision]
  package var serverInfo: Implementation
  /// An object such as `{"tools": {}}`.
  package var capabilities: JSONValue
  package var instructions: String?
  package var cache: CacheHint

  package init(
    supportedVersions: [Revision] = Revision.modern, serverInfo: Implementation, capabilities: JSONValue, instructions: String? = nil,
    cache: CacheHint = .none
  ) {
    self.supportedVersions = supportedVersions
    self.serverInfo = serverInfo
    self.capabilities = capabilities
    self.instructions = instructions
    self.cache = cache
  }

  /// JSON text of the result object, on one line.
  package func encoded() -> [UInt8] {
    var object: JSONObject = [
      "resultType": "complete",
      "supportedVersions": .array(supportedVersions.map { .string($0.rawValue) }),
      "capabilities": capabilities,
    ]
    if let instructions { object["instructions"] = .string(instructions) }
    object["ttlMs"] = .number(JSONNumber(cache.ttlMilliseconds))
    object["cacheScope"] = .string(cache.scope.rawValue)
    object["_meta"] = .object([MetaKey.serverInfo: serverInfo.json])
    return JSONValue.object(object).serialized()
  }
}
