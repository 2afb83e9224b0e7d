internal import JSON

/// A harmless message that shows whether a guardrail gives verdicts. Whatever it says of it is proof that it runs.
struct Canary: Sendable {
  /// What a guardrail can be asked: what it promises for one kind says nothing of another.
  struct Kind: Sendable, Hashable {
    let phase: GuardrailPhase
    /// The policy that goes along; a service may know one and not another.
    let policyJSON: [UInt8]
  }

  let kind: Kind
  let policyName: String
  let policyRevision: UInt64
  /// The first server that needs it.
  let server: String

  var request: GuardrailRequest {
    let text = Self.text(kind.phase)
    let context = CallContext(
      requestID: RandomID.uuid(), traceparent: "", principal: "", session: "", projectID: "", userID: "", configID: "")
    return GuardrailRequest(
      context: context, phase: kind.phase, surface: isDefinition ? "registration" : "tools/call", server: server, item: "self_test",
      policyJSON: kind.policyJSON, policyRevision: String(policyRevision),
      segments: ScreenedMessage(text.raw, base: text.base).segments,
      original: kind.phase == .output ? ScreenedMessage(Self.arguments, base: "/params/arguments", escapes: .none).segments : [])
  }

  private var isDefinition: Bool { kind.phase == .tool || kind.phase == .server }

  private static let arguments = RawJSON(["question": "Which day comes after Monday?"])

  private static func text(_ phase: GuardrailPhase) -> (raw: RawJSON, base: String) {
    switch phase {
    case .input: (arguments, "/params/arguments")
    case .output, .restore: (RawJSON(["content": [["type": "text", "text": "The day that comes after Monday is Tuesday."]]]), "/result")
    case .tool: (RawJSON(["name": "weekday", "description": "Says which day comes after another.", "inputSchema": ["type": "object"]]), "")
    case .server: (RawJSON(["name": "calendar", "description": "Answers questions about days of the week."]), "")
    }
  }

  /// For messages: "output, policy 'strict' of server 'time'".
  var place: String {
    if isDefinition { return "definitions of \(kind.phase.word)s" }
    return policyName.isEmpty
      ? "\(kind.phase.word) of server '\(server)'" : "\(kind.phase.word), policy '\(policyName)' of server '\(server)'"
  }
}

extension Canary {
  /// One for each kind of question that servers of the configuration would have answered by this guardrail, at most `Limits.Guardrails.maxCanaries`.
  static func all(for guardrail: BoundGuardrail, in state: GatewayState) -> [Canary] {
    var canaries: [Kind: Canary] = [:]
    var order: [Kind] = []
    func add(_ phase: GuardrailPhase, _ policy: GuardrailPolicy, _ server: ServerEntry) {
      guard policy.isEnabled, policy.bindings.contains(guardrail.name), guardrail.instance.implements(phase) else { return }
      let kind = Kind(phase: phase, policyJSON: policy.json)
      guard canaries[kind] == nil, order.count < Limits.Guardrails.maxCanaries else { return }
      canaries[kind] = Canary(kind: kind, policyName: policy.name, policyRevision: policy.revision, server: server.name)
      order.append(kind)
    }
    let registration = GuardrailPolicy.registration(state.guardrails)
    let servers = state.config.mcpConfigs.values.sorted { $0.name < $1.name }.flatMap(\.servers)
    for server in servers {
      let policy = server.definitions.policy ?? registration
      if server.definitions.screensServerInfo { add(.server, policy, server) }
      if server.definitions.screensItems { add(.tool, policy, server) }
    }
    for server in servers {
      add(.input, server.inputPolicy, server)
      add(.output, server.outputPolicy, server)
    }
    return order.compactMap { canaries[$0] }
  }
}
