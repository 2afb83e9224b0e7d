internal import JSON
internal import PluginSDK
internal import ServiceClient

/// The requests of Enkrypt's guardrail API, in both generations, and their answers as far as every answer is alike.
struct EnkryptAPI: Sendable {
  let client: ServiceClient

  /// Why a request is made; the newer generation is told.
  enum Event: String {
    case preTool = "pre-tool"
    case postTool = "post-tool"
    case redaction = "pii-redact"
  }

  /// Texts judged by a saved policy: one by `…/detect`, several by `…/batch/detect`.
  /// - Returns: an answer for each text, in order.
  func detect(_ texts: [String], _ policy: EnkryptPolicy, _ event: Event, deadline: MonotonicTime) async throws -> [RawJSON] {
    let base = policy.usesGuardrailAPI ? "/guardrails/guardrail" : "/guardrails/policy"
    let headers = headers(policy, event)
    if let text = texts.first, texts.count == 1 {
      let path = base + "/detect"
      return [try await post(path, headers, ["text": .string(text)], deadline)]
    }
    let path = base + "/batch/detect"
    let body: JSONObject = ["texts": .array(texts.map { .string($0) })]
    return try answers(try await post(path, headers, body, deadline), count: texts.count, path)
  }

  /// Texts judged by detectors that the request names.
  /// - Returns: an answer for each text, in order.
  func detect(_ texts: [String], detectors: JSONObject, deadline: MonotonicTime) async throws -> [RawJSON] {
    let path = "/guardrails/batch/detect"
    let body: JSONObject = ["texts": .array(texts.map { .string($0) }), "detectors": .object(detectors)]
    return try answers(try await post(path, [], body, deadline), count: texts.count, path)
  }

  /// A text with placeholders in place of what identifies people, and the key that restores them.
  func redact(_ text: String, _ policy: EnkryptPolicy, deadline: MonotonicTime) async throws -> (text: String, key: String) {
    let answer = try await pii(["text": .string(text), "mode": "request", "key": "null"], policy, deadline)
    guard let key = answer["key"]?.stringValue else { throw malformed("/guardrails/pii", "\"key\" is no string") }
    return (try self.text(of: answer), key)
  }

  /// The text that `redact` got, of a text with its placeholders.
  func restore(_ text: String, key: String, _ policy: EnkryptPolicy, deadline: MonotonicTime) async throws -> String {
    try self.text(of: await pii(["text": .string(text), "mode": "response", "key": .string(key)], policy, deadline))
  }

  private func pii(_ body: JSONObject, _ policy: EnkryptPolicy, _ deadline: MonotonicTime) async throws -> RawJSON {
    try await post("/guardrails/pii", policy.usesGuardrailAPI ? source(.redaction) : [], body, deadline)
  }

  private func text(of answer: RawJSON) throws -> String {
    guard let text = answer["text"]?.stringValue else { throw malformed("/guardrails/pii", "\"text\" is no string") }
    return text
  }

  /// Whether an answer of a tool fits its question; the three checks take and give different members.
  func check(_ path: String, _ body: JSONObject, deadline: MonotonicTime) async throws -> RawJSON {
    try await post(path, [], body, deadline)
  }

  func malformed(_ path: String, _ reason: String) -> PluginError { client.malformed(path, reason) }

  private func post(
    _ path: String, _ headers: [(name: String, value: String)], _ body: JSONObject, _ deadline: MonotonicTime
  ) async throws -> RawJSON {
    let answer = try await client.post(path, headers: headers, body: JSONValue.object(body).serialized(), deadline: deadline)
    // The API reports some errors with status 200. What it says may quote the text.
    if let error = answer["error"], !error.isNull, error.boolValue != false, error.stringValue != "" {
      throw malformed(path, "it reports an error")
    }
    return answer
  }

  private func answers(_ answer: RawJSON, count: Int, _ path: String) throws -> [RawJSON] {
    guard answer.kind == .array else { throw malformed(path, "it is no list") }
    let items = Array(answer.elements)
    guard items.count == count else { throw malformed(path, "it judges \(items.count) texts of \(count)") }
    return items
  }

  private func headers(_ policy: EnkryptPolicy, _ event: Event) -> [(name: String, value: String)] {
    guard policy.usesGuardrailAPI else { return [("X-Enkrypt-Policy", policy.name)] }
    return [("X-Enkrypt-Guardrail", policy.name), ("X-Enkrypt-Mode", event == .postTool ? "response" : "prompt")] + source(event)
  }

  private func source(_ event: Event) -> [(name: String, value: String)] {
    [("X-Enkrypt-Source-Name", "mcp-gateway"), ("X-Enkrypt-Source-Event", event.rawValue)]
  }
}
