internal import JSON
internal import PluginSDK
internal import ServiceClient

/// Judges messages by OpenAI's moderation API.
struct OpenAIModeration: AsyncGuardrailProvider {
  static let name = "openai"
  static let configSchema = OpenAIConfig.schema

  private static let path = "/moderations"
  private static let maxViolations = 64

  private let config: OpenAIConfig
  private let client: ServiceClient

  init(config: PluginConfig, host: PluginServices) throws {
    self.config = try OpenAIConfig(config)
    client = try ServiceClient(self.config.client, host: host)
  }

  func health() throws { try client.health() }

  @concurrent func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    guard GuardrailPhases.all.contains(request.phase) else { return .allow }
    let message = MessageText(request.segments)
    guard !message.isBlank else { return .allow }
    guard message.count <= config.maxMessageBytes else {
      throw PluginError.invalid("a message of \(message.count) bytes is longer than max_message_bytes (\(config.maxMessageBytes))")
    }
    let pieces = message.pieces(maxBytes: config.maxTextBytes, overlap: config.overlapBytes)
    let deadline = request.context.deadline
    let violations = try await Batches.judge(pieces, size: config.batchSize, blocks: { !$0.isEmpty }) { try await judge($0, deadline) }
      .flatMap { $0 }
    return violations.isEmpty ? .allow : .block(violations)
  }

  private func judge(_ batch: [MessageText.Piece], _ deadline: MonotonicTime) async throws -> [Violation] {
    let body: JSONObject = ["model": .string(config.model), "input": .array(batch.map { .string($0.text) })]
    let answer = try await client.post(Self.path, body: JSONValue.object(body).serialized(), deadline: deadline)
    guard let results = answer["results"], results.kind == .array, results.itemCount == batch.count else {
      throw client.malformed(Self.path, "it has not one result for each of \(batch.count) texts")
    }
    var seen: Set<ModerationAnswer.Hit> = []
    var violations: [Violation] = []
    for (piece, result) in zip(batch, results.elements) {
      for hit in try ModerationAnswer(result, config.rules, fail: { client.malformed(Self.path, $0) }).hits {
        guard seen.insert(hit).inserted, violations.count < Self.maxViolations else { continue }
        var violation = hit.violation
        violation.place = piece.place
        violations.append(violation)
      }
    }
    return violations
  }
}
