internal import JSON
internal import PluginSDK
internal import ServiceClient

/// Has the pieces of a message judged by detectors, and says what they found.
struct Detection: Sendable {
  let api: EnkryptAPI
  /// Texts of one batch.
  let width: Int
  let ask: @Sendable ([String]) async throws -> [RawJSON]

  struct Result: Sendable {
    var violations: [Violation] = []
    /// Words of `block` that some answer has no verdict of.
    var idle: Set<String> = []
    /// What was found and does not block.
    var others: Set<String> = []

    /// For the operator.
    var othersJSON: [UInt8] { JSONValue.object(["detected": .array(others.sorted().map { .string($0) })]).serialized() }
  }

  /// - Parameter block: what blocks when found; empty = whatever is found.
  func run(_ pieces: [MessageText.Piece], block: Set<String>) async throws -> Result {
    let results = try await Batches.judge(pieces, size: width, blocks: { !$0.violations.isEmpty }) { try await judge($0, block) }
    return results.reduce(into: Result()) { total, result in
      total.violations += result.violations
      total.idle.formUnion(result.idle)
      total.others.formUnion(result.others)
    }
  }

  private func judge(_ batch: [MessageText.Piece], _ block: Set<String>) async throws -> Result {
    var result = Result()
    var seen: Set<Detections.Detection> = []
    for (piece, answer) in zip(batch, try await ask(batch.map(\.text))) {
      let detections = try Detections(answer) { api.malformed("/guardrails", $0) }
      guard !detections.ran.isEmpty else { throw api.malformed("/guardrails", "no detector ran") }
      result.idle.formUnion(block.subtracting(detections.ran))
      for detection in detections.found {
        guard block.isEmpty || block.contains(detection.detector) else {
          result.others.insert(detection.detector)
          continue
        }
        guard seen.insert(detection).inserted, result.violations.count < 64 else { continue }
        var violation = detection.violation
        violation.place = piece.place
        result.violations.append(violation)
      }
    }
    return result
  }
}
