package import JSON
internal import NIOCore
internal import Synchronization

/// `guardrail list`: the guardrails of a configuration, what they can judge, and what servers have them judge.
package enum GuardrailList: Operation {
  package static let name = "guardrail list"
  package static let isMutation = false

  package static func run(_ input: NoInput, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let state = context.caller.state
    return .array(
      state.guardrails.map { guardrail in
        [
          "guardrail": .string(guardrail.name), "provider": .string(guardrail.instance.listing.name),
          "plugin": .string("\(guardrail.instance.listing.pluginID) \(guardrail.instance.listing.version)"),
          "phases": .array(guardrail.instance.phases.map { .string($0.word) }),
          "used_by": .array(uses(of: guardrail, context.caller.mcpConfig)),
          "on_failure": .string(guardrail.onFailure.rawValue), "startup": .string(guardrail.startup.rawValue),
          "timeout_seconds": .number(JSONNumber(Double(guardrail.timeout.nanoseconds) / 1e9)),
        ]
      })
  }

  /// "SERVER: input, output, …", a line a server.
  private static func uses(of guardrail: BoundGuardrail, _ config: MCPConfig) -> [JSONValue] {
    config.servers.compactMap { server in
      let phases = GuardrailPhase.allCases.filter { phase in
        guardrail.instance.implements(phase) && server.isScreened(phase) && server.policy(phase)?.bindings.contains(guardrail.name) ?? true
      }
      return phases.isEmpty ? nil : .string("\(server.name) (\(phases.map(\.word).joined(separator: ", ")))")
    }
  }
}

extension ServerEntry {
  /// Nil for definitions without a policy of their own, which every guardrail judges that can.
  func policy(_ phase: GuardrailPhase) -> GuardrailPolicy? {
    switch phase {
    case .input, .restore: inputPolicy
    case .output: outputPolicy
    case .tool, .server: definitions.policy
    }
  }

  func isScreened(_ phase: GuardrailPhase) -> Bool {
    switch phase {
    case .input: inputPolicy.isEnabled
    case .output: outputPolicy.isEnabled
    case .tool: definitions.screensItems
    case .server: definitions.screensServerInfo
    case .restore: inputPolicy.isEnabled && inputPolicy.redactsPII
    }
  }
}

/// `guardrail test`: what the chain of one server says of a text.
package enum GuardrailTest: Operation {
  package struct Input: Sendable {
    package var server: String
    package var phase: GuardrailPhase
    /// Tool whose argument, result or definition the text is taken for.
    package var tool: String
    /// What is judged: a text, which becomes `{"text": …}`, or a JSON value as it is.
    package var content: RawJSON

    package init(server: String, phase: GuardrailPhase, tool: String, content: RawJSON) {
      self.server = server
      self.phase = phase
      self.tool = tool
      self.content = content
    }
  }

  /// How a plain text is judged.
  package static func content(_ text: String) -> RawJSON { RawJSON(["text": .string(text)]) }

  /// The phases that a text can be taken for.
  package static func phase(_ word: String) -> GuardrailPhase? { GuardrailPhase.allCases.first { $0.word == word && $0 != .restore } }

  package static let name = "guardrail test"
  package static let isMutation = false

  /// What becomes of the text.
  package enum Outcome: String { case allowed, transformed, blocked, noVerdict = "no_verdict", unscreened }

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let server = try server(input.server, of: context.caller.mcpConfig)
    let state = context.caller.state
    let policy = server.policy(input.phase) ?? .registration(state.guardrails)
    let hearing = Hearing()
    var report = ScreeningReport()
    var text = input.content
    if server.isScreened(input.phase) {
      let screening = Screening(
        bindings: state.guardrails.map(hearing.witnessed), log: Log(sink: Silence(), scope: ""),
        metrics: context.services.observation.metrics)
      (text, report) = await screening.screen(input.content, base: "", as: subject(input, server, policy, context))
    }
    let chain = state.guardrails.filter { policy.bindings.contains($0.name) && $0.instance.implements(input.phase) }
    let statements = hearing.statements
    var document: JSONObject = [
      "server_name": .string(server.name), "phase": .string(input.phase.word), "policy_name": .string(policy.name),
      "outcome": .string(outcome(report, statements, isScreened: server.isScreened(input.phase), text != input.content).rawValue),
      "guardrails": .array(chain.map { guardrail in statements.first { $0.guardrail == guardrail.name }?.document ?? notAsked(guardrail) }),
    ]
    if report.isObserved { document["mode"] = "observe" }
    if text != input.content, !report.isBlocked { document["transformed"] = text.value }
    return .object(document)
  }

  private static func server(_ name: String, of config: MCPConfig) throws(GatewayError) -> ServerEntry {
    guard let server = config.server(named: name) else {
      throw ConfigDocument.unknown("server", name, among: config.servers.map(\.name), listedBy: "config list-servers")
    }
    return server
  }

  private static func subject(
    _ input: Input, _ server: ServerEntry, _ policy: GuardrailPolicy, _ context: OperationContext
  ) -> Screening.Subject {
    let isDefinition = input.phase == .tool || input.phase == .server
    return Screening.Subject(
      phase: input.phase, surface: isDefinition ? "registration" : "tools/call", server: server.name,
      item: input.phase == .server ? server.name : input.tool, context: context.caller.context(context.request), policy: policy)
  }

  /// A guardrail without a verdict is told apart from one that has something against the text, whatever `on_failure` makes of it.
  private static func outcome(
    _ report: ScreeningReport, _ statements: [Statement], isScreened: Bool, _ isChanged: Bool
  ) -> Outcome {
    if !isScreened { return .unscreened }
    if statements.contains(where: { $0.isBlock }) { return .blocked }
    if statements.contains(where: { $0.isFailure }) { return .noVerdict }
    if report.isBlocked { return .blocked }
    return statements.isEmpty ? .unscreened : isChanged ? .transformed : .allowed
  }

  private static func notAsked(_ guardrail: BoundGuardrail) -> JSONValue {
    ["guardrail": .string(guardrail.name), "provider": .string(guardrail.instance.listing.name), "action": "not asked"]
  }
}

extension GuardrailTest {
  /// Gathers what each guardrail of a chain says.
  private final class Hearing: Sendable {
    private let heard = Mutex<[Statement]>([])

    var statements: [Statement] { heard.withLock { $0 } }

    func witnessed(_ guardrail: BoundGuardrail) -> BoundGuardrail {
      var guardrail = guardrail
      let (name, provider, onFailure) = (guardrail.name, guardrail.instance.listing.name, guardrail.onFailure)
      guardrail.witness = { [self] reply, request, elapsed in
        let statement = Statement(
          guardrail: name, provider: provider, onFailure: onFailure, reply: reply, segments: request.segments, elapsed: elapsed)
        heard.withLock { $0.append(statement) }
      }
      return guardrail
    }
  }

  /// What is found is the command's answer, not an event.
  private struct Silence: LogSink {
    let minimumLevel = LogLevel.error
    func write(_ record: LogRecord) {}
  }

  /// What one guardrail said, for the operator whose own text it is about.
  private struct Statement: Sendable {
    let guardrail: String
    let provider: String
    let onFailure: FailurePolicy
    let reply: PluginReply<Verdict>
    let segments: [Segment]
    let elapsed: TimeAmount

    var isBlock: Bool { if case .value(let verdict) = reply { verdict.action == .block } else { false } }
    var isFailure: Bool { if case .value = reply { false } else { true } }

    var document: JSONValue {
      var document: JSONObject = ["guardrail": .string(guardrail), "provider": .string(provider)]
      switch reply {
      case .value(let verdict):
        document["action"] = .string(verdict.action.word)
        document["findings"] = .array(verdict.violations.map(finding))
        if !verdict.replacements.isEmpty {
          document["replacements"] = .array(
            verdict.replacements.map { ["place": .string(place($0.segment)), "text": .string($0.text)] })
        }
      case .refused, .failed:
        document["action"] = "no verdict"
        document["reason"] = .string(reply.failureText)
        document["on_failure"] = .string(onFailure.rawValue)
      }
      document["milliseconds"] = .number(JSONNumber((Double(elapsed.nanoseconds) / 1e3).rounded() / 1e3))
      return .object(document)
    }

    private func finding(_ violation: Violation) -> JSONValue {
      var finding: JSONObject = ["detector": .string(violation.category)]
      if !violation.code.isEmpty { finding["code"] = .string(violation.code) }
      finding["message"] = .string(violation.message)
      finding["score"] = .number(JSONNumber(violation.score))
      guard let segment = violation.segment else { return .object(finding) }
      finding["place"] = .string(place(segment))
      finding["start"] = .number(JSONNumber(violation.start))
      finding["end"] = .number(JSONNumber(violation.end))
      return .object(finding)
    }

    private func place(_ segment: Int) -> String { segments.indices.contains(segment) ? segments[segment].pointer : "" }
  }
}

extension Verdict.Action {
  /// For people and documents.
  var word: String {
    switch self {
    case .allow: "allow"
    case .block: "block"
    case .transform: "transform"
    }
  }
}
