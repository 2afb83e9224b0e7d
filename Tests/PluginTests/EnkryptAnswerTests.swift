import JSON
import PluginABI
import PluginTesting
import Testing

/// Relevancy, adherence and hallucination.
@Suite struct EnkryptAnswerTests {
  static func policy(_ additional: JSONObject) -> String {
    JSONValue.object(["policy_name": "p", "block": ["pii"], "additional_config": .object(additional)]).serializedString()
  }
  static let everything: JSONObject = ["relevancy": true, "adherence": true, "hallucination": true]

  static func message(_ additional: JSONObject = everything, _ answer: String = "forty-two whales") -> TestInstance.Message {
    TestInstance.Message(
      segments: [("/result/content/0/type", "text"), ("/result/content/0/text", "text"), ("/result/content/0/text", answer)],
      flags: [1: SMG_SEG_KEY], phase: SMG_PHASE_OUTPUT,
      policy: policy(additional),
      original: [("/params/arguments/question", "why?"), ("/params/arguments/n", "42"), ("/params/arguments/list/0", "a")])
  }

  /// Answers each check with these; whatever is not named is fine.
  static func service(_ answers: [String: JSONValue] = [:]) -> @Sendable (FakeHost.Sent) -> FakeHost.Reply {
    { sent in
      let name = String(sent.path.dropFirst("/guardrails/".count))
      let fine: [String: JSONValue] = [
        "policy/detect": ["summary": ["pii": 0]], "relevancy": ["summary": ["relevancy_score": 1]],
        "adherence": ["summary": ["adherence_score": 1]],
        "hallucination": ["summary": ["is_hallucination": 0]],
      ]
      return .json(answers[name] ?? fine[name] ?? .null)
    }
  }

  @Test func `each check is asked as it is documented, with the arguments as the question`() async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Self.service())
    #expect(try await instance.verdict(Self.message()).action == SMG_ALLOW)
    let bodies = Dictionary(uniqueKeysWithValues: instance.host.sent.map { ($0.path, $0.json) })
    let question: JSONValue = .string(#"{"question":"why?","n":"42","list/0":"a"}"#)
    #expect(bodies["/guardrails/relevancy"] == ["question": question, "llm_answer": "forty-two whales"])
    #expect(bodies["/guardrails/adherence"] == ["context": question, "llm_answer": "forty-two whales"])
    #expect(bodies["/guardrails/hallucination"] == ["request_text": question, "response_text": "forty-two whales", "context": ""])
    #expect(instance.host.sent.count == 4 && instance.host.sent.allSatisfy { $0.headers["apikey"] == EnkryptGuardrailTests.key })
  }

  @Test(
    arguments: [
      ("relevancy", ["summary": ["relevancy_score": 0.69]], "below_threshold"), ("relevancy", ["summary": ["relevancy_score": 0.7]], nil),
      ("relevancy", ["score": 0.1], "below_threshold"), ("relevancy", ["score": 0.9], nil),
      ("adherence", ["summary": ["adherence_score": 0.79]], "below_threshold"), ("adherence", ["summary": ["adherence_score": 0.8]], nil),
      ("adherence", ["score": 0], "below_threshold"), ("hallucination", ["summary": ["is_hallucination": 1]], "detected"),
      ("hallucination", ["summary": ["is_hallucination": true]], "detected"), ("hallucination", ["summary": ["is_hallucination": 0]], nil),
      ("hallucination", ["has_hallucination": true, "confidence": 0.75], "detected"), ("hallucination", ["has_hallucination": false], nil),
    ] as [(String, JSONValue, String?)])
  func `an answer that does not fit is blocked with its kind`(check: String, reply: JSONValue, code: String?) async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Self.service([check: reply]))
    let found = try await instance.verdict(Self.message([check: true]))
    #expect(found.action == (code == nil ? SMG_ALLOW : SMG_BLOCK))
    #expect(found.violations.map(\.category) == (code == nil ? [] : [check]) && found.violations.first?.code == code)
    #expect(instance.host.sent.count == 2)
    #expect(!found.violations.contains { ($0.message + $0.evidence).contains("forty-two whales") || $0.message.contains("why?") })
  }

  @Test func `thresholds are the policy's, else the binding's`() async throws {
    let defaults: JSONObject = ["additional_config": ["relevancy": true, "relevancy_threshold": 0.2, "hallucination": true]]
    let instance = try EnkryptGuardrailTests.instance(defaults, by: Self.service(["relevancy": ["summary": ["relevancy_score": 0.3]]]))
    #expect(try await instance.verdict(Self.message([:])).action == SMG_ALLOW)
    #expect(instance.host.sent.count == 3)
    #expect(try await instance.verdict(Self.message(["relevancy_threshold": 0.5])).action == SMG_BLOCK)
    #expect(try await instance.verdict(Self.message(["relevancy": false])).action == SMG_ALLOW)
  }

  @Test(arguments: [
    "{}", #"{"summary":{}}"#, #"{"summary":{"relevancy_score":"0.9","is_hallucination":"no","adherence_score":2}}"#, "[]", "1",
  ])
  func `an answer without a verdict is a failure`(body: String) async throws {
    for check in ["relevancy", "adherence", "hallucination"] {
      let instance = try EnkryptGuardrailTests.instance { sent in
        sent.path.hasSuffix("/detect") ? .json(["summary": ["pii": 0]]) : .init(body: body)
      }
      let end = try await instance.end(of: instance.startCheck(Self.message([check: true])))
      #expect(end.status == SMG_E_UNAVAILABLE && end.message.contains(check))
    }
  }

  @Test func `a long answer is judged to its end`() async throws {
    let instance = try EnkryptGuardrailTests.instance(["max_text_bytes": 1024]) { sent in
      guard sent.path == "/guardrails/relevancy" else {
        return .json(.array((sent.json["texts"]?.arrayValue ?? []).map { _ in ["summary": ["pii": 0]] }))
      }
      let isOff = sent.json["llm_answer"]?.stringValue?.contains("elephants") == true
      return .json(["summary": ["relevancy_score": .number(JSONNumber(isOff ? 0 : 1))]])
    }
    let found = try await instance.verdict(Self.message(["relevancy": true], String(repeating: "fine ", count: 700) + "elephants"))
    #expect(found.action == SMG_BLOCK)
  }

  @Test func `what was not asked or says nothing is not judged`() async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Self.service())
    var unasked = Self.message()
    unasked.original = []
    unasked.surface = "notifications/message"
    #expect(try await instance.verdict(unasked).action == SMG_ALLOW)
    #expect(try await instance.verdict(Self.message(Self.everything, "  ")).action == SMG_ALLOW)
    #expect(instance.host.sent.allSatisfy { $0.path == "/guardrails/policy/detect" })
  }

  @Test func `a call without arguments is judged by the name of its tool`() async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Self.service())
    var bare = Self.message(["relevancy": true])
    bare.original = []
    #expect(try await instance.verdict(bare).action == SMG_ALLOW)
    #expect(instance.host.sent.last?.json["question"]?.stringValue == "tool-1")
  }
}
