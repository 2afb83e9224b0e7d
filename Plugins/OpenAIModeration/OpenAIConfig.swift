internal import PluginSDK
internal import ServiceClient

/// The provider's configuration, read and checked.
struct OpenAIConfig: Sendable {
  static let maxMessageBytes = 4 << 20

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "required": ["api_key"],
      "properties": {
        "api_key": {"type": "string", "minLength": 1, "maxLength": 4096},
        "base_url": {"type": "string", "default": "https://api.openai.com/v1"},
        "insecure_http": {"type": "boolean", "default": false},
        "organization": {"type": "string"},
        "project": {"type": "string"},
        "model": {"type": "string", "default": "omni-moderation-latest"},
        "block_categories": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 64}, "maxItems": 64},
        "threshold": {"type": "number", "minimum": 0, "maximum": 1},
        "thresholds": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
        "timeout": {"type": "number", "minimum": 0.1, "maximum": 600, "default": 10},
        "max_concurrency": {"type": "integer", "minimum": 1, "maximum": 64, "default": 16},
        "batch_size": {"type": "integer", "minimum": 1, "maximum": 128, "default": 32},
        "max_text_bytes": {"type": "integer", "minimum": 256, "maximum": 65536, "default": 2000},
        "overlap_bytes": {"type": "integer", "minimum": 0, "maximum": 8192, "default": 200},
        "max_message_bytes": {"type": "integer", "minimum": 1024, "maximum": \(maxMessageBytes), "default": 1048576}
      }
    }
    """

  let client: ServiceClient.Settings
  let model: String
  let rules: CategoryRules
  let batchSize: Int
  let maxTextBytes: Int
  let overlapBytes: Int
  let maxMessageBytes: Int

  init(_ config: PluginConfig) throws {
    let object = try ConfigObject(config)
    try object.allow(
      only: "api_key", "base_url", "insecure_http", "organization", "project", "model", "block_categories", "threshold", "thresholds",
      "timeout",
      "max_concurrency", "batch_size", "max_text_bytes", "overlap_bytes", "max_message_bytes")
    model = try object.string("model", maxBytes: 256) ?? "omni-moderation-latest"
    rules = try CategoryRules(object)
    batchSize = try object.integer("batch_size", in: 1...128) ?? 32
    maxTextBytes = try object.integer("max_text_bytes", in: 256...65_536) ?? 2_000
    overlapBytes = try object.integer("overlap_bytes", in: 0...8_192) ?? 200
    maxMessageBytes = try object.integer("max_message_bytes", in: 1024...Self.maxMessageBytes) ?? 1 << 20
    let key = try ServiceKey.checked(object.string("api_key"), member: "api_key")
    let address = try ServiceAddress(
      object.string("base_url") ?? "https://api.openai.com/v1", member: "base_url",
      allowsPlainHTTP: object.flag("insecure_http") ?? false)
    var headers = [(name: "Authorization", value: "Bearer \(key)")]
    for (member, header) in [("organization", "OpenAI-Organization"), ("project", "OpenAI-Project")] {
      guard let text = try object.string(member, maxBytes: 256) else { continue }
      guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw PluginError.invalid("\(member): an id without blanks is expected")
      }
      headers.append((header, text))
    }
    client = ServiceClient.Settings(
      service: "OpenAI", address: address, headers: headers, timeoutSeconds: try object.number("timeout", in: 0.1...600) ?? 10,
      maxConcurrency: try object.integer("max_concurrency", in: 1...64) ?? 16,
      // Some 2 KiB of categories and scores for each input.
      maxResponseBytes: (1 << 20) + batchSize * (16 << 10))
  }
}
