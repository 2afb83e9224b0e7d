internal import JSON

/// What a child is told to do: one check, or to say what the library offers.
struct CheckJob: Sendable {
  /// nil: only say what the library offers.
  var check: String?
  /// The provider, by kind and name.
  var provider: CheckedProvider?
  var config: [UInt8] = Array("{}".utf8)
  var settings = CheckBench.Settings()

  var document: JSONValue {
    [
      "check": check.map(JSONValue.string) ?? .null, "provider": provider?.document ?? .null,
      "config": .string(String(decoding: config, as: UTF8.self)), "callSeconds": .int(settings.callSeconds),
      "seed": .string(String(settings.seed)), "fuzzCalls": .int(settings.fuzzCalls),
      "fuzzCall": settings.fuzzCall.map { .int($0) } ?? .null, "texts": .array(settings.texts.map(JSONValue.string)),
    ]
  }

  init() {}

  /// nil when the value is not what `document` makes.
  init?(_ json: JSONValue) {
    guard let config = json["config"]?.stringValue, let seconds = json["callSeconds"]?.intValue,
      let seed = json["seed"]?.stringValue.flatMap(UInt64.init), let calls = json["fuzzCalls"]?.intValue,
      let texts = json["texts"]?.arrayValue
    else { return nil }
    check = json["check"]?.stringValue
    provider = json["provider"].flatMap(CheckedProvider.init)
    self.config = Array(config.utf8)
    settings = CheckBench.Settings(
      callSeconds: seconds, seed: seed, fuzzCalls: calls, fuzzCall: json["fuzzCall"]?.intValue, texts: texts.compactMap(\.stringValue))
  }
}
