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
    guard !name.isEmpty || !block.isEmpty else {
      throw PluginError.invalid("the policy has neither a policy_name nor a word in block: nothing could be found")
    }
  }

  /// Nil when the operator has no policy for definitions of their own.
  init?(ofDefinitions json: [UInt8], _ config: EnkryptConfig) throws {
    let policy = try Self.read(json)
    guard policy.itemCount > 0 else { return nil }
    try self.init(json, config)
  }

  private static func read(_ json: [UInt8]) throws -> RawJSON {
    do throws(JSONError) {
      return try RawJSON(validating: json.isEmpty ? Array("{}".utf8) : json)
    } catch {
      throw PluginError.invalid("the policy is not JSON: \(error)")
    }
  }
}
