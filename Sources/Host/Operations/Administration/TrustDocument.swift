internal import JSON

/// What a configuration says of trust in libraries, for administrators.
struct TrustDocument {
  static let allowlist: [EditableJSON.Step] = ["plugins", "allowlist"]
  static let keys: [EditableJSON.Step] = ["plugins", "trusted_keys"]

  let trust: PluginTrust

  /// - Throws: `ConfigError` when the document is wrong there or elsewhere.
  init(_ root: RawJSON, of document: ConfigDocument) throws {
    trust = try ConfigReader.read(Array(root.bytes), file: document.path, directory: FilePath.directory(of: document.path)).config.plugins
      .trust
  }

  var answer: JSONValue {
    [
      "mode": .string(trust.mode.rawValue),
      "trusted_keys": .array(
        trust.keys.map {
          [
            "name": .string($0.name), "key": .string($0.key.fingerprint), "public_key": .string($0.key.base64),
            "revoked": .bool($0.isRevoked),
          ]
        }), "allowlist": .array(trust.allowlist.sorted().map(JSONValue.string)),
    ]
  }

  private static let keyShape = Shape.object(["name": .string, "key": .string, "public_key": .string, "revoked": .boolean])
  static let shape = Shape.object(["mode": .string, "trusted_keys": .list(keyShape), "allowlist": .list(.string)])
  static let changedShape = Shape.object([
    "mode": .string, "trusted_keys": .list(keyShape), "allowlist": .list(.string),
    "now_refused": .list(.object(["file": .string, "rule": .string, "reason": .string, "fix": .string, "used_by": .list(.string)])),
  ])
}
