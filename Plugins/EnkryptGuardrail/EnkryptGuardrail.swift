internal import JSON
internal import PluginSDK
internal import ServiceClient

/// Judges messages by Enkrypt's guardrail API.
struct EnkryptGuardrail: AsyncGuardrailProvider {
  static let name = "enkrypt"
  static let phases: GuardrailPhases = [.all, .restore]
  static let options: GuardrailOptions = [.relevancy, .adherence, .hallucination, .topic, .custom]
  static let configSchema = EnkryptConfig.schema

  private let config: EnkryptConfig
  private let api: EnkryptAPI
  private let notices: Notices

  init(config: PluginConfig, host: PluginServices) throws {
    self.config = try EnkryptConfig(config)
    api = EnkryptAPI(client: try ServiceClient(self.config.client, host: host))
    notices = Notices(host)
  }

  func health() throws { try api.client.health() }

  @concurrent func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    let size = request.segments.reduce(0) { $0 + $1.text.utf8.count + 1 }
    guard size <= config.maxMessageBytes else {
      throw PluginError.invalid("a message of \(size) bytes is longer than max_message_bytes (\(config.maxMessageBytes))")
    }
    switch request.phase {
    case .input: return try await checkInput(request)
    case .output: return try await checkOutput(request)
    case .tool, .server: return try await checkDefinition(request)
    case .restore: return try restored(request)
    default: return .allow
    }
  }

  /// What goes to the server is judged as it will go: redacted first.
  private func checkInput(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    let policy = try EnkryptPolicy(request.policyJSON, config)
    guard policy.additional.redactsPII else { return try await judge(request.segments, policy, .preTool, request) }
    let redacted = try await Redaction(api: api, policy: policy, deadline: request.context.deadline).redact(request)
    guard redacted.names.isEmpty else { return blocked(redacted, request) }
    return complete(try await judge(redacted.segments, policy, .preTool, request), with: redacted)
  }

  private func blocked(_ redacted: Redaction.Result, _ request: GuardrailRequest.Copy) -> Verdict {
    .block(
      redacted.names.prefix(32).map {
        Violation(
          category: "pii", code: "member_name", message: "A member name identifies somebody and cannot be replaced",
          place: Violation.Place(segment: $0, range: 0..<request.segments[$0].text.utf8.count))
      })
  }

  private func complete(_ verdict: Verdict, with redacted: Redaction.Result) -> Verdict {
    var verdict = verdict
    // Places are those of the redacted texts, which the host does not have.
    for index in verdict.violations.indices { verdict.violations[index].place = nil }
    guard verdict.action != .block else { return verdict }
    if !redacted.replacements.isEmpty { verdict.action = .transform }
    verdict.replacements = redacted.replacements
    verdict.callState = redacted.callState
    verdict.sessionState = redacted.sessionState
    return verdict
  }

  /// What comes back is judged with the placeholders that the server sent; and, where the policy asks for that, without personal data of others.
  private func checkOutput(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    let policy = try EnkryptPolicy(request.policyJSON, config)
    guard policy.redactsAnswers else { return try await judgeAnswer(request, policy) }
    let redacted = try await Redaction(api: api, policy: policy, deadline: request.context.deadline).redact(request)
    guard redacted.names.isEmpty else { return blocked(redacted, request) }
    var answer = request
    answer.segments = redacted.segments
    return complete(try await judgeAnswer(answer, policy), with: redacted)
  }

  private func judgeAnswer(_ request: GuardrailRequest.Copy, _ policy: EnkryptPolicy) async throws -> Verdict {
    let verdict = try await judge(request.segments, policy, .postTool, request)
    guard verdict.action != .block else { return verdict }
    // What is said while a call runs answers no question.
    if policy.additional.checksAnswers, !request.original.isEmpty || request.surface == "tools/call" {
      let checks = AnswerChecks(
        api: api, config: policy.additional, maxTextBytes: config.maxTextBytes, deadline: request.context.deadline)
      let violations = try await checks.run(request)
      guard violations.isEmpty else { return .block(violations) }
    }
    return verdict
  }

  /// The caller's own values, once nothing is to be judged any more.
  private func restored(_ request: GuardrailRequest.Copy) throws -> Verdict {
    let replacements = try Redaction.restoring(request)
    return replacements.isEmpty ? .allow : .transform(replacements)
  }

  private func judge(
    _ segments: [Segment.Copy], _ policy: EnkryptPolicy, _ event: EnkryptAPI.Event, _ request: GuardrailRequest.Copy
  ) async throws -> Verdict {
    let message = MessageText(segments)
    guard !message.isBlank else { return .allow }
    let pieces = message.pieces(maxBytes: config.maxTextBytes, overlap: config.overlapBytes)
    async let besides = policy.detectors.count > 0 ? found(by: policy.detectors, in: pieces, request) : .success([])
    let saved = await found(by: policy, in: pieces, event, request)
    // What was found counts, whatever became of the other question.
    if case .success(let result) = saved, !result.violations.isEmpty { return .block(result.violations) }
    let violations = try await besides.get()
    guard violations.isEmpty else { return .block(violations) }
    let result = try saved.get()
    try check(result.idle, policy)
    return result.others.isEmpty ? .allow : Verdict(action: .allow, metadataJSON: result.othersJSON)
  }

  /// By the saved policy, or by the words of `block`.
  private func found(
    by policy: EnkryptPolicy, in pieces: [MessageText.Piece], _ event: EnkryptAPI.Event, _ request: GuardrailRequest.Copy
  ) async -> Result<Detection.Result, any Error> {
    guard !policy.name.isEmpty || !policy.block.isEmpty else { return .success(Detection.Result()) }
    let (api, config, deadline) = (api, config, request.context.deadline)
    let detection = Detection(api: api, width: config.batchSize) { texts in
      guard policy.name.isEmpty else { return try await api.detect(texts, policy, event, deadline: deadline) }
      return try await api.detect(texts, detectors: config.detectors(for: policy.block), deadline: deadline)
    }
    do { return .success(try await detection.run(pieces, block: Set(policy.block))) } catch { return .failure(error) }
  }

  /// By the detectors that a policy describes itself. All of them must have run.
  private func found(
    by detectors: JSONObject, in pieces: [MessageText.Piece], _ request: GuardrailRequest.Copy
  ) async -> Result<[Violation], any Error> {
    let (api, deadline) = (api, request.context.deadline)
    let detection = Detection(api: api, width: config.batchSize) { texts in
      try await api.detect(texts, detectors: detectors, deadline: deadline)
    }
    do {
      let result = try await detection.run(pieces, block: Set(detectors.keys))
      guard result.violations.isEmpty, !result.idle.isEmpty else { return .success(result.violations) }
      let words = result.idle.sorted().joined(separator: ", ")
      throw PluginError.invalid("the answers have no verdict of \(words): is that what Enkrypt calls the detector of additional_config?")
    } catch { return .failure(error) }
  }

  /// A detector that the operator counts on and that did not run judges nothing.
  private func check(_ idle: Set<String>, _ policy: EnkryptPolicy) throws {
    guard !idle.isEmpty else { return }
    let words = idle.sorted().joined(separator: ", ")
    guard !config.requiresDetectors, idle.count < policy.block.count else {
      throw PluginError.invalid("the policy's answers have no verdict of \(words): switch them on at Enkrypt, or take them out of block")
    }
    notices.warn("a detector of block is not switched on at Enkrypt", ["policy": policy.name, "detectors": words])
  }

  /// By the operator's policy for tools, where there is one. Else the line by which a definition presents itself is judged by all detectors; what else it holds by all but the list of words, which would meet every
  /// "override" in a schema.
  private func checkDefinition(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    if let policy = try EnkryptPolicy(ofDefinitions: request.policyJSON, config) {
      var verdict = try await judge(request.segments, policy, .preTool, request)
      for index in verdict.violations.indices { verdict.violations[index].place = nil }
      return verdict
    }
    let isServer = request.phase == .server
    var detectors = isServer ? config.registration.server : config.registration.tool
    for (name, detector) in try EnkryptPolicy.detectors(request.policyJSON) { detectors[name] = detector }
    func text(_ path: String) -> String { request.segments.first { $0.path == path && $0.kind.isEmpty }?.text ?? "" }
    let name = text("/name").isEmpty ? request.item : text("/name")
    let line = "\(isServer ? "MCP Server" : "Tool"): \(name) - \(text("/description"))"
    let others = MessageText(request.segments.filter { $0.path != "/name" && $0.path != "/description" })
    async let rest = outcome(others, detectors.without("keyword_detector"), request)
    let heading = await outcome(MessageText(line), detectors, request)
    // What was found counts, whatever became of the other question.
    if case .success(let found) = heading, !found.isEmpty { return .block(found) }
    let found = try await rest.get()
    guard found.isEmpty else { return .block(found) }
    _ = try heading.get()
    return .allow
  }

  private func outcome(
    _ text: MessageText, _ detectors: JSONObject, _ request: GuardrailRequest.Copy
  ) async -> Result<[Violation], any Error> {
    guard !text.isBlank else { return .success([]) }
    do {
      return .success(
        try await judge(text.pieces(maxBytes: config.maxTextBytes, overlap: config.overlapBytes), detectors, request))
    } catch {
      return .failure(error)
    }
  }

  private func judge(_ pieces: [MessageText.Piece], _ detectors: JSONObject, _ request: GuardrailRequest.Copy) async throws -> [Violation] {
    let (api, deadline) = (api, request.context.deadline)
    let detection = Detection(api: api, width: config.batchSize) { texts in
      try await api.detect(texts, detectors: detectors, deadline: deadline)
    }
    // The places of definitions are told by name.
    return try await detection.run(pieces, block: []).violations.map {
      var violation = $0
      violation.place = nil
      return violation
    }
  }
}

extension EnkryptConfig {
  /// The detectors of a policy without a name, with the parameters that the configuration has for them.
  func detectors(for block: [String]) -> JSONObject {
    var result = JSONObject()
    for word in block {
      var detector = detectors[word]?.objectValue ?? JSONObject()
      detector["enabled"] = true
      result[word] = .object(detector)
    }
    return result
  }
}
