import JSON
import PluginABI
import PluginTesting
import Testing

/// Requests to OpenAI's moderation API and what is made of the answers.
@Suite struct OpenAIModerationTests {
  static let key = "sk-0123456789"
  static let names = [
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/instructions",
    "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
  ]

  static func instance(_ config: JSONObject = [:], by service: @escaping @Sendable (FakeHost.Sent) -> FakeHost.Reply) throws -> TestInstance
  {
    var whole: JSONObject = ["api_key": .string(key), "base_url": "https://service.example/v1"]
    for (name, value) in config { whole[name] = value }
    return try asking("OpenAIModeration", "openai", whole, service)
  }

  /// One result; a category that is named has this score, and is flagged from 0.5 on.
  static func result(_ scores: [String: Double] = [:]) -> JSONValue {
    var (categories, all) = (JSONObject(), JSONObject())
    for name in names {
      let score = scores[name] ?? 0.001
      categories[name] = .bool(score >= 0.5)
      all[name] = JSONValue(score)
    }
    let isFlagged = scores.values.contains { $0 >= 0.5 }
    return ["flagged": .bool(isFlagged), "categories": .object(categories), "category_scores": .object(all)]
  }

  static func always(_ scores: [String: Double] = [:]) -> @Sendable (FakeHost.Sent) -> FakeHost.Reply {
    { sent in
      let results = (sent.json["input"]?.arrayValue ?? []).map { _ in result(scores) }
      return .json(["id": "modr-1", "model": "omni-moderation-2024-09-26", "results": .array(results)])
    }
  }

  static func message(_ texts: String..., phase: UInt32 = SMG_PHASE_INPUT) -> TestInstance.Message {
    TestInstance.Message(segments: texts.enumerated().map { ("/params/arguments/\($0)", $1) }, phase: phase)
  }

  @Test(arguments: [SMG_PHASE_INPUT, SMG_PHASE_OUTPUT, SMG_PHASE_TOOL, SMG_PHASE_SERVER])
  func `a message goes to the moderations endpoint`(phase: UInt32) async throws {
    let instance = try Self.instance(["organization": "org-1", "project": "proj-1"], by: Self.always())
    #expect(try await instance.verdict(Self.message("hello", "world", phase: phase)).action == SMG_ALLOW)
    let sent = try #require(instance.host.sent.first)
    #expect(instance.host.sent.count == 1 && sent.method == "POST" && sent.path == "/v1/moderations")
    #expect(sent.json == ["model": "omni-moderation-latest", "input": ["hello\nworld"]])
    #expect(
      sent.headers == [
        "Authorization": "Bearer \(Self.key)", "OpenAI-Organization": "org-1", "OpenAI-Project": "proj-1",
        "Content-Type": "application/json",
        "Accept": "application/json", "User-Agent": "secure-mcp-gateway",
      ])
  }

  @Test func `a long message goes in pieces and batches that hold all of it`() async throws {
    let instance = try Self.instance(["batch_size": 4, "model": "other"], by: Self.always())
    let words = (0..<4000).map { "word\($0)" }
    #expect(try await instance.verdict(Self.message(words.joined(separator: " "))).action == SMG_ALLOW)
    let inputs = instance.host.sent.map { ($0.json["input"]?.arrayValue ?? []).compactMap(\.stringValue) }
    #expect(inputs.count > 2 && inputs.allSatisfy { (1...4).contains($0.count) && $0.allSatisfy { $0.utf8.count <= 2000 } })
    #expect(instance.host.sent.allSatisfy { $0.json["model"] == "other" })
    let seen = Set(inputs.joined().flatMap { $0.split(separator: " ").map(String.init) })
    #expect(words.allSatisfy(seen.contains))
  }

  @Test(
    arguments: [
      ([:], ["hate/threatening": 0.6], ["toxicity/hate/threatening"]), ([:], ["sexual": 0.9], ["nsfw/sexual"]),
      ([:], ["illicit": 0.9], ["custom/illicit"]),
      ([:], ["hate": 0.49], []),
      (["block_categories": ["hate"]], ["hate/threatening": 0.6, "violence": 0.9], ["toxicity/hate/threatening"]),
      (["block_categories": ["hate/threatening"]], ["hate": 0.9], []), (["threshold": 0.7], ["hate": 0.6], []),
      (["threshold": 0.7], ["hate": 0.7], ["toxicity/hate"]), (["threshold": 0.2], ["hate": 0.3], ["toxicity/hate"]),
      (["thresholds": ["hate": 0.2]], ["hate": 0.3, "violence": 0.3], ["toxicity/hate"]),
      (["thresholds": ["hate": 0.2]], ["hate/threatening": 0.3], ["toxicity/hate/threatening"]),
      (
        ["threshold": 0.9, "thresholds": ["hate": 0.9, "hate/threatening": 0.1]], ["hate/threatening": 0.2, "hate": 0.8],
        ["toxicity/hate/threatening"]
      ),
      (["thresholds": ["violence": 0.95]], ["violence": 0.9], []),
    ] as [(JSONObject, [String: Double], [String])])
  func `categories block by the service's word, or from a score on`(config: JSONObject, scores: [String: Double], codes: [String])
    async throws
  {
    let instance = try Self.instance(config, by: Self.always(scores))
    let found = try await instance.verdict(Self.message("secret words"))
    #expect(found.action == (codes.isEmpty ? SMG_ALLOW : SMG_BLOCK))
    #expect(found.violations.map { "\($0.category)/\($0.code)" } == codes)
    for violation in found.violations {
      #expect(scores[violation.code] == violation.score && !(violation.message + violation.evidence).contains("secret"))
      #expect((violation.segment, violation.start, violation.end) == (0, 0, 12))
    }
  }

  @Test(arguments: ServiceFailure.all)
  func `whatever is no verdict is a failure, never an approval`(failure: ServiceFailure) async throws {
    let instance = try Self.instance { _ in failure.reply }
    let end = try await instance.end(of: instance.startCheck(Self.message("some secret words")))
    #expect(end.status == failure.status && end.message.contains("OpenAI") && end.message.contains(failure.words))
    #expect(!end.message.contains(Self.key) && !end.message.contains("secret words"))
    #expect(try instance.health().status == failure.status)
  }

  /// Each breaks a good answer in one place.
  @Test(
    arguments: [
      { $0["results"] = .array([]) }, { $0["results"] = .array([result(), result()]) }, { $0["results"] = "none" },
      { $0["results"] = .array([.null]) },
      { _ = $0.removeValue(forKey: "results") }, { $0.change("categories") { $0["hate"] = "false" } },
      { $0.change("categories") { $0 = JSONObject() } },
      { $0.change("category_scores") { $0["hate"] = "0.1" } }, { $0.change("category_scores") { _ = $0.removeValue(forKey: "hate") } },
      { $0.change("categories") { _ = $0.removeValue(forKey: "hate") } }, { $0.change("categories") { $0["hate"] = .null } },
    ] as [@Sendable (inout JSONObject) -> Void])
  func `an answer of another shape is a failure`(change: @Sendable (inout JSONObject) -> Void) async throws {
    var answer: JSONObject = ["results": .array([Self.result()])]
    change(&answer)
    let broken = JSONValue.object(answer)
    let instance = try Self.instance(["block_categories": ["hate", "violence"]]) { _ in .json(broken) }
    let end = try await instance.end(of: instance.startCheck(Self.message("hello")))
    #expect(end.status == SMG_E_UNAVAILABLE && end.message.contains("/moderations"))
  }

  @Test func `a pause that the service asks for is kept`() async throws {
    let instance = try Self.instance { _ in .init(code: 429, headers: [("retry-after", "3600")], body: "{}") }
    var message = Self.message("hello")
    message.deadline = 1
    let end = try await instance.end(of: instance.startCheck(message))
    #expect(end.status == SMG_E_UNAVAILABLE && end.retryAfterMilliseconds > 290_000)
  }

  @Test(
    arguments: [
      (["api_key": .null], "api_key: the key of the service is missing"),
      (["api_key": "YOUR_OPENAI_API_KEY"], "api_key: this is an example's"),
      (["block_categories": []], "block_categories: an empty list"), (["block_categories": [1]], "block_categories[0]: a string"),
      (["threshold": 1.5], "threshold: a number from 0.0 to 1.0"), (["thresholds": ["hate": "high"]], "thresholds.hate: a number"),
      (["block_categories": ["violence"], "thresholds": ["hate": 0.5]], "thresholds.hate: block_categories does not name"),
      (["base_url": "http://api.example.com/v1"], "base_url: http:// would send"),
      (["organization": "a b"], "organization: an id without blanks"),
      (["models": "x"], "models: there is no such member"), (["batch_size": 1000], "batch_size: a whole number from 1 to 128"),
    ] as [(JSONObject, String)])
  func `a mistake in the configuration is told with its member`(change: JSONObject, words: String) throws {
    let refused = #expect(throws: CreateRefused.self) { try Self.instance(change, by: Self.always()) }
    #expect(refused?.message.hasPrefix(words) == true, "\(refused?.message ?? "")")
  }

  @Test func `both names lead to it`() throws {
    let tables = try BuiltLibrary(name: "OpenAIModeration").open().providerTables
    #expect(tables.map { String(cString: $0.name) } == ["openai", "openai-moderation"])
  }
}

extension JSONObject {
  /// Changes a member of the first result.
  fileprivate mutating func change(_ name: String, _ change: (inout JSONObject) -> Void) {
    guard var result = self["results"]?[0]?.objectValue, var inner = result[name]?.objectValue else { return }
    change(&inner)
    result[name] = .object(inner)
    self["results"] = .array([.object(result)])
  }
}
