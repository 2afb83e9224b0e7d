internal import JSON
internal import PluginSDK

/// What the operator wants of one server and direction.
struct EnkryptPolicy: Sendable {
  /// Name of the saved policy or guardrail at Enkrypt; empty = none, the words of `block` are asked for one by one.
  let name: String
  let usesGuardrailAPI: Bool
  /// What blocks when found; empty = whatever is found.
  let block: [String]
  let additional: AdditionalConfig
  /// The policy itself asks for redaction, whatever the binding's `additional_config` says: on output it takes out what the caller did not send.
  let redactsAnswers: Bool
  /// Detectors that the policy asks for beside the saved one: `topic` and `custom` of `additional_config`. Whatever they find blocks.
  let detectors: JSONObject

  /// - Parameter json: the policy as it stands in the configuration.
  /// - Throws: `PluginError` when it cannot be carried out.
  init(_ json: [UInt8], _ config: EnkryptConfig) throws {
    let policy = try Self.read(json)
    let newer = policy["guardrail_name"]?.stringValue
    let name = newer ?? policy["policy_name"]?.stringValue ?? ""
    // It becomes a header.
    guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }), name.utf8.count <= 1024 else {
      throw PluginError.invalid("policy_name: a name of at most 1024 bytes without line breaks and control characters is expected")
    }
    self.name = name
    usesGuardrailAPI = config.api == .guardrail || config.api == .auto && newer != nil
    block = (policy["block"].map { Array($0.elements) } ?? []).compactMap(\.stringValue)
    redactsAnswers = policy["additional_config"]?["pii_redaction"]?.boolValue == true
    additional = config.additional.overridden(by: policy["additional_config"])
    detectors = try Self.detectors(of: policy)
    guard !name.isEmpty || !block.isEmpty || detectors.count > 0 else {
      throw PluginError.invalid("the policy has neither a policy_name nor a word in block: nothing could be found")
    }
  }

  /// Nil when the operator has no policy for definitions of their own.
  init?(ofDefinitions json: [UInt8], _ config: EnkryptConfig) throws {
    let policy = try Self.read(json)
    guard policy.itemCount > 0 else { return nil }
    try self.init(json, config)
  }

  /// The detectors of a policy's `topic` and `custom`, as the API takes them; those that say `"enabled": false` are left out.
  static func detectors(_ json: [UInt8]) throws -> JSONObject { try detectors(of: read(json)) }

  private static func detectors(of policy: RawJSON) throws -> JSONObject {
    guard let additional = policy["additional_config"] else { return [:] }
    var detectors: JSONObject = [:]
    for (name, parameters) in (additional["custom"] ?? RawJSON(.object([:]))).members {
      guard var detector = parameters.value.objectValue, let name = name.stringValue else {
        throw PluginError.invalid("additional_config.custom: each detector is an object with its parameters")
      }
      guard detector["enabled"]?.boolValue != false else { continue }
      detector["enabled"] = true
      detectors[name] = .object(detector)
    }
    guard let topic = additional["topic"], !topic.isNull else { return detectors }
    let topics = topic.stringValue.map { [$0] } ?? topic.elements.compactMap(\.stringValue)
    guard !topics.isEmpty else { return detectors }
    guard detectors["topic_detector"] == nil else {
      throw PluginError.invalid("additional_config: topic and custom.topic_detector say the same; keep one of them")
    }
    detectors["topic_detector"] = ["enabled": true, "topic": .array(topics.map { .string($0) })]
    return detectors
  }

  private static func read(_ json: [UInt8]) throws -> RawJSON {
    do throws(JSONError) {
      return try RawJSON(validating: json.isEmpty ? Array("{}".utf8) : json)
    } catch {
      throw PluginError.invalid("the policy is not JSON: \(error)")
    }
  }
}
