internal import JSON
internal import PluginSDK
internal import ServiceClient

/// The provider's configuration, read and checked.
struct JWTConfig: Sendable {
  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "required": ["issuer", "audience"],
      "$defs": {
        "texts": {"type": ["string", "array"], "minLength": 1, "maxLength": 2048, "minItems": 1, "maxItems": 32,
                  "items": {"type": "string", "minLength": 1, "maxLength": 2048}},
        "mapping": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "claim": {"type": "string", "minLength": 1, "maxLength": 256},
            "values": {"type": "object", "maxProperties": 1024, "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256}},
            "default": {"type": "string", "minLength": 1, "maxLength": 256}
          }
        }
      },
      "properties": {
        "issuer": {"$ref": "#/$defs/texts"},
        "audience": {"$ref": "#/$defs/texts"},
        "jwks_url": {"type": "string", "minLength": 1, "maxLength": 4096},
        "jwks_file": {"type": "string", "minLength": 1, "maxLength": 4096},
        "jwks": {"type": ["object", "string"]},
        "insecure_http": {"type": "boolean", "default": false},
        "algorithms": {"type": "array", "minItems": 1, "maxItems": 16, "items": {"enum": \(names)}},
        "leeway_seconds": {"type": "number", "minimum": 0, "maximum": 300, "default": 30},
        "required_scopes": {"type": "array", "maxItems": 32, "items": {"type": "string", "minLength": 1, "maxLength": 256}},
        "refresh_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 300},
        "keep_seconds": {"type": "integer", "minimum": 1, "maximum": 604800, "default": 3600},
        "pause_seconds": {"type": "number", "minimum": 0.1, "maximum": 3600, "default": 10},
        "identity_seconds": {"type": "integer", "minimum": 0, "maximum": 3600, "default": 60},
        "timeout": {"type": "number", "minimum": 0.1, "maximum": 60, "default": 5},
        "subject_claim": {"type": "string", "minLength": 1, "maxLength": 256, "default": "sub"},
        "project": {"$ref": "#/$defs/mapping"},
        "user": {"$ref": "#/$defs/mapping"},
        "role": {"$ref": "#/$defs/mapping"}
      },
      "examples": [{"issuer": "https://id.example.com", "audience": "https://gateway.example.com/mcp", "jwks_url": "https://id.example.com/jwks.json"}]
    }
    """

  private static let names = "[" + Algorithm.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "]"

  let rules: ClaimRules
  let algorithms: Set<Algorithm>
  let source: KeySource
  let timeoutSeconds: Double
  let policy: KeyCacheState.Policy
  let identitySeconds: Double
  let subjectClaim: String
  let project: ClaimMapping
  let user: ClaimMapping
  let role: ClaimMapping

  init(_ config: PluginConfig) throws {
    let object = try ConfigObject(config)
    try object.allow(
      only: "issuer", "audience", "jwks_url", "jwks_file", "jwks", "insecure_http", "algorithms", "leeway_seconds", "required_scopes",
      "refresh_seconds", "keep_seconds", "pause_seconds", "identity_seconds", "timeout", "subject_claim", "project", "user", "role")
    rules = try ClaimRules(
      issuers: Self.texts(object, "issuer"), audiences: Self.texts(object, "audience"),
      scopes: object.strings("required_scopes", maxCount: 32) ?? [], leewaySeconds: object.number("leeway_seconds", in: 0...300) ?? 30)
    algorithms = try Self.algorithms(object)
    source = try Self.source(object)
    timeoutSeconds = try object.number("timeout", in: 0.1...60) ?? 5
    policy = try Self.policy(object)
    identitySeconds = Double(try object.integer("identity_seconds", in: 0...3600) ?? 60)
    subjectClaim = try object.string("subject_claim", maxBytes: 256) ?? "sub"
    project = try ClaimMapping(object.object("project"), claim: "project_id")
    user = try ClaimMapping(object.object("user"), claim: subjectClaim)
    role = try ClaimMapping(object.object("role"), claim: "role")
  }

  /// One text or a list of them.
  private static func texts(_ object: ConfigObject, _ name: String) throws -> [String] {
    if case .array = object.anything(name) { return try object.strings(name, maxCount: 32, maxBytes: 2048) ?? [] }
    guard let text = try object.string(name, maxBytes: 2048) else {
      throw PluginError.invalid("\(name): a text or a list of texts is expected")
    }
    return [text]
  }

  private static func algorithms(_ object: ConfigObject) throws -> Set<Algorithm> {
    guard let names = try object.strings("algorithms", maxCount: 16) else { return Set(Algorithm.allCases) }
    let known = Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
    return Set(
      try names.map { name in
        guard let algorithm = Algorithm(rawValue: name) else {
          throw PluginError.invalid("algorithms: \"\(name.prefix(32))\" is not verified here; known are \(known)")
        }
        return algorithm
      })
  }

  private static func source(_ object: ConfigObject) throws -> KeySource {
    let given = ["jwks_url", "jwks_file", "jwks"].filter(object.names.contains)
    guard given.count == 1 else {
      throw PluginError.invalid("one of jwks_url, jwks_file and jwks is expected: where the identity provider's public keys are")
    }
    if let path = try object.string("jwks_file") {
      guard path.hasPrefix("/") else { throw PluginError.invalid("jwks_file: a path is expected that begins with /") }
      return .file(path)
    }
    if let url = try object.string("jwks_url") { return .url(try address(url, object.flag("insecure_http") ?? false)) }
    do throws(KeySetError) {
      // A string where the set stands in a file: "${file:PATH}".
      guard let value = object.anything("jwks") else { throw KeySetError("it is null") }
      return .fixed(try KeySet(value.stringValue.map { Array($0.utf8) } ?? value.serialized()))
    } catch {
      throw PluginError.invalid("jwks: \(error)")
    }
  }

  private static func address(_ url: String, _ allowsPlainHTTP: Bool) throws -> String {
    let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let address = try ServiceAddress(
      String(parts[0]), member: "jwks_url", allowsPlainHTTP: allowsPlainHTTP, risk: "lets anybody in between put in keys of their own")
    guard parts.count == 2 else { return address.base }
    guard parts[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw PluginError.invalid("jwks_url: a URL has neither blanks nor a fragment")
    }
    return "\(address.base)?\(parts[1])"
  }

  private static func policy(_ object: ConfigObject) throws -> KeyCacheState.Policy {
    let refresh = Double(try object.integer("refresh_seconds", in: 1...86_400) ?? 300)
    let keep = Double(try object.integer("keep_seconds", in: 1...604_800) ?? max(3_600, Int(refresh)))
    let pause = try object.number("pause_seconds", in: 0.1...3_600) ?? min(10, refresh)
    guard pause <= refresh, refresh <= keep else {
      throw PluginError.invalid("pause_seconds, refresh_seconds and keep_seconds: each must be at least as long as the one before it")
    }
    return KeyCacheState.Policy(
      refreshNanoseconds: UInt64(refresh * 1e9), keepNanoseconds: UInt64(keep * 1e9), pauseNanoseconds: UInt64(pause * 1e9))
  }
}
