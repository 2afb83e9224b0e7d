internal import JSON
internal import PluginSDK
internal import ServiceClient

/// The provider's configuration, read and checked.
struct EnkryptConfig: Sendable {
  static let maxMessageBytes = 4 << 20

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "required": ["api_key"],
      "properties": {
        "api_key": {"type": "string", "minLength": 1, "maxLength": 4096},
        "base_url": {"type": "string", "default": "https://api.enkryptai.com"},
        "insecure_http": {"type": "boolean", "default": false},
        "api": {"enum": ["auto", "policy", "guardrail"], "default": "auto"},
        "timeout": {"type": "number", "minimum": 0.1, "maximum": 600, "default": 10},
        "max_concurrency": {"type": "integer", "minimum": 1, "maximum": 64, "default": 16},
        "batch_size": {"type": "integer", "minimum": 1, "maximum": 256, "default": 16},
        "max_text_bytes": {"type": "integer", "minimum": 1024, "maximum": 1048576, "default": 16384},
        "overlap_bytes": {"type": "integer", "minimum": 0, "maximum": 65536, "default": 512},
        "max_message_bytes": {"type": "integer", "minimum": 1024, "maximum": \(maxMessageBytes), "default": 1048576},
        "require_detectors": {"type": "boolean", "default": false},
        "detectors": {"type": "object", "additionalProperties": {"type": "object"}},
        "additional_config": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "pii_redaction": {"type": "boolean", "default": false},
            "relevancy": {"type": "boolean", "default": false},
            "adherence": {"type": "boolean", "default": false},
            "hallucination": {"type": "boolean", "default": false},
            "relevancy_threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.7},
            "adherence_threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.8}
          }
        },
        "config": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "debug": {"type": "boolean"},
            "enkrypt_log_level": {"type": "string"},
            "registration_validation": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "custom_detectors": {"type": "object", "additionalProperties": {"type": "object"}},
                "server_detectors": {"type": "object", "additionalProperties": {"type": "object"}},
                "tool_detectors": {"type": "object", "additionalProperties": {"type": "object"}}
              }
            }
          }
        }
      }
    }
    """

  /// Which generation of the API judges messages by a name.
  enum API: String, CaseIterable, Sendable {
    /// `guardrail_name` asks the newer one, `policy_name` the older.
    case auto
    case policy, guardrail
  }

  let client: ServiceClient.Settings
  let api: API
  let batchSize: Int
  let maxTextBytes: Int
  let overlapBytes: Int
  let maxMessageBytes: Int
  let requiresDetectors: Bool
  /// What detectors are given where no saved policy says it.
  let detectors: JSONObject
  let additional: AdditionalConfig
  let registration: RegistrationDetectors

  init(_ config: PluginConfig) throws {
    let object = try ConfigObject(config)
    try object.allow(
      only: "api_key", "base_url", "insecure_http", "api", "timeout", "max_concurrency", "batch_size", "max_text_bytes", "overlap_bytes",
      "max_message_bytes", "require_detectors", "detectors", "additional_config", "config")
    api = try object.choice("api", or: .auto)
    batchSize = try object.integer("batch_size", in: 1...256) ?? 16
    maxTextBytes = try object.integer("max_text_bytes", in: 1024...1_048_576) ?? 16_384
    overlapBytes = try object.integer("overlap_bytes", in: 0...65_536) ?? 512
    maxMessageBytes = try object.integer("max_message_bytes", in: 1024...Self.maxMessageBytes) ?? 1 << 20
    requiresDetectors = try object.flag("require_detectors") ?? false
    detectors = try Self.detectors(object, "detectors")
    additional = try AdditionalConfig(object.object("additional_config"))
    registration = try RegistrationDetectors(Self.registration(object))
    let key = try ServiceKey.checked(object.string("api_key"), member: "api_key")
    let address = try ServiceAddress(
      object.string("base_url") ?? "https://api.enkryptai.com", member: "base_url", allowsPlainHTTP: object.flag("insecure_http") ?? false)
    client = ServiceClient.Settings(
      service: "Enkrypt", address: address, headers: [("apikey", key)], timeoutSeconds: try object.number("timeout", in: 0.1...600) ?? 10,
      maxConcurrency: try object.integer("max_concurrency", in: 1...64) ?? 16,
      // An answer repeats the texts, escaped and with what was found in them.
      maxResponseBytes: min(15 << 20, (1 << 20) + 8 * batchSize * maxTextBytes + 2 * maxMessageBytes))
  }

  private static func registration(_ object: ConfigObject) throws -> ConfigObject? {
    guard let inner = try object.object("config") else { return nil }
    try inner.allow(only: "debug", "enkrypt_log_level", "registration_validation")
    _ = try inner.flag("debug")
    _ = try inner.string("enkrypt_log_level")
    return try inner.object("registration_validation")
  }

  /// An object of detectors, as the API takes it: name → object.
  static func detectors(_ object: ConfigObject, _ name: String) throws -> JSONObject {
    guard let member = try object.object(name) else { return [:] }
    for detector in member.names { _ = try member.object(detector) }
    return object.anything(name)?.objectValue ?? [:]
  }
}
