internal import JSON
internal import PluginSDK
internal import ServiceClient

/// Whether an answer fits what was asked: relevancy, adherence, hallucination. Long answers are judged piece by piece, and the worst piece counts.
struct AnswerChecks: Sendable {
  let api: EnkryptAPI
  let config: AdditionalConfig
  let maxTextBytes: Int
  let deadline: MonotonicTime

  /// - Returns: what did not pass.
  func run(_ request: GuardrailRequest.Copy) async throws -> [Violation] {
    let texts = request.segments.filter { !$0.kind.contains(.memberName) && !Self.isForm($0.path) }
    let answer = MessageText(texts)
    guard !answer.isBlank else { return [] }
    // A tool that is called without arguments is asked by its name.
    let isBare = request.original.isEmpty
    let question = isBare ? request.item : Self.question(request.original, maxBytes: maxTextBytes)
    var violations: [Violation] = []
    for piece in answer.pieces(maxBytes: maxTextBytes, overlap: 0) {
      violations += try await judge(question, piece.text)
      if !violations.isEmpty { break }
    }
    return violations
  }

  /// What a content block says of its own form: `…/content/0/type`, `…/content/0/mimeType`.
  private static func isForm(_ path: String) -> Bool {
    let words = path.split(separator: "/").suffix(3)
    guard words.count == 3, words.first == "content", let last = words.last else { return false }
    return last == "type" || last == "mimeType"
  }

  private func judge(_ question: String, _ answer: String) async throws -> [Violation] {
    async let relevancy = config.checksRelevancy ? relevancy(question, answer) : nil
    async let adherence = config.checksAdherence ? adherence(question, answer) : nil
    async let hallucination = config.checksHallucination ? hallucination(question, answer) : nil
    return try await [relevancy, adherence, hallucination].compactMap { $0 }
  }

  /// The arguments of the call, as a JSON object; each text under its pointer without the common beginning. Its first `maxBytes` bytes.
  static func question(_ original: [Segment.Copy], maxBytes: Int) -> String {
    var arguments = JSONObject()
    var size = 0
    for segment in original where size <= maxBytes && !segment.kind.contains(.memberName) && !segment.kind.contains(.binary) {
      size += segment.text.utf8.count
      var name = segment.path[...]
      if name.hasPrefix("/params/arguments/") { name = name.dropFirst("/params/arguments/".count) }
      arguments[String(name)] = segment.kind.contains(.number) ? JSONNumber(text: segment.text).map { .number($0) } : .string(segment.text)
    }
    let text = MessageText(JSONValue.object(arguments).serializedString())
    return text.pieces(maxBytes: maxBytes, overlap: 0).first?.text ?? ""
  }

  private func relevancy(_ question: String, _ answer: String) async throws -> Violation? {
    let path = "/guardrails/relevancy"
    let reply = try await api.check(path, ["question": .string(question), "llm_answer": .string(answer)], deadline: deadline)
    return try below(config.relevancyThreshold, reply, "relevancy", path)
  }

  private func adherence(_ context: String, _ answer: String) async throws -> Violation? {
    let path = "/guardrails/adherence"
    let reply = try await api.check(path, ["context": .string(context), "llm_answer": .string(answer)], deadline: deadline)
    return try below(config.adherenceThreshold, reply, "adherence", path)
  }

  /// `summary.relevancy_score`, or `score` as it was read before.
  private func below(_ threshold: Double, _ reply: RawJSON, _ check: String, _ path: String) throws -> Violation? {
    guard let score = (reply["summary"]?["\(check)_score"] ?? reply["score"])?.doubleValue, (0...1).contains(score) else {
      throw api.malformed(path, "there is no score from 0 to 1")
    }
    guard score < threshold else { return nil }
    return Violation(
      category: check, code: "below_threshold", message: "The \(check) of the answer is below the threshold",
      evidenceJSON: JSONValue.object(["score": JSONValue(score), "threshold": JSONValue(threshold)]).serialized(), score: 1 - score)
  }

  /// `summary.is_hallucination`, or `has_hallucination` with `confidence` as it was read before.
  private func hallucination(_ question: String, _ answer: String) async throws -> Violation? {
    let path = "/guardrails/hallucination"
    let body: JSONObject = ["request_text": .string(question), "response_text": .string(answer), "context": ""]
    let reply = try await api.check(path, body, deadline: deadline)
    guard let member = reply["summary"]?["is_hallucination"] ?? reply["has_hallucination"] else {
      throw api.malformed(path, "it does not say whether this is a hallucination")
    }
    guard let isFound = member.boolValue ?? member.doubleValue.map({ $0 != 0 }) else {
      throw api.malformed(path, "whether this is a hallucination is neither a number nor true or false")
    }
    guard isFound else { return nil }
    let confidence = reply["confidence"]?.doubleValue.flatMap { (0...1).contains($0) ? $0 : nil }
    return Violation(
      category: "hallucination", code: "detected", message: "Enkrypt takes the answer for a hallucination", score: confidence ?? 1)
  }
}
