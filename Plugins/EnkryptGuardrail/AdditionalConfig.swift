internal import JSON
internal import PluginSDK
internal import ServiceClient

/// A policy's `additional_config`, or the binding's for policies that do not say.
struct AdditionalConfig: Sendable, Hashable {
  var redactsPII = false
  var checksRelevancy = false
  var checksAdherence = false
  var checksHallucination = false
  var relevancyThreshold = 0.7
  var adherenceThreshold = 0.8

  /// - Throws: `PluginError.invalid` for a member of the wrong type.
  init(_ object: ConfigObject?) throws {
    guard let object else { return }
    try object.allow(
      only: "pii_redaction", "relevancy", "adherence", "hallucination", "relevancy_threshold", "adherence_threshold")
    redactsPII = try object.flag("pii_redaction") ?? false
    checksRelevancy = try object.flag("relevancy") ?? false
    checksAdherence = try object.flag("adherence") ?? false
    checksHallucination = try object.flag("hallucination") ?? false
    relevancyThreshold = try object.number("relevancy_threshold", in: 0...1) ?? relevancyThreshold
    adherenceThreshold = try object.number("adherence_threshold", in: 0...1) ?? adherenceThreshold
  }

  /// What a policy says of itself counts first. Its shape is the gateway's to check; a member of another type is not read.
  func overridden(by policy: RawJSON?) -> AdditionalConfig {
    guard let policy else { return self }
    var result = self
    result.redactsPII = policy["pii_redaction"]?.boolValue ?? redactsPII
    result.checksRelevancy = policy["relevancy"]?.boolValue ?? checksRelevancy
    result.checksAdherence = policy["adherence"]?.boolValue ?? checksAdherence
    result.checksHallucination = policy["hallucination"]?.boolValue ?? checksHallucination
    result.relevancyThreshold = policy["relevancy_threshold"]?.doubleValue ?? relevancyThreshold
    result.adherenceThreshold = policy["adherence_threshold"]?.doubleValue ?? adherenceThreshold
    return result
  }

  var checksAnswers: Bool { checksRelevancy || checksAdherence || checksHallucination }
}
