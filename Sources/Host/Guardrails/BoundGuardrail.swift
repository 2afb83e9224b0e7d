package import NIOCore

/// One guardrail of the chain, alive: a provider's instance and what the operator said of it.
package struct BoundGuardrail: Sendable {
  package let name: String
  package let instance: PluginInstance
  package let onFailure: FailurePolicy
  package let timeout: TimeAmount
  package let startup: StartupPolicy
  package let watch: GuardrailWatch
  /// It replaces nothing: a verdict that would counts as none.
  let onlyJudges: Bool
  /// Hears of every check; for commands that show what each guardrail said.
  var witness: Witness?

  typealias Witness = @Sendable (PluginReply<Verdict>, GuardrailRequest, TimeAmount) -> Void

  package init(
    name: String, instance: PluginInstance, onFailure: FailurePolicy, timeout: TimeAmount, startup: StartupPolicy, watch: GuardrailWatch,
    onlyJudges: Bool = false
  ) {
    self.onlyJudges = onlyJudges
    self.name = name
    self.instance = instance
    self.onFailure = onFailure
    self.timeout = timeout
    self.startup = startup
    self.watch = watch
  }

  /// Asks the guardrail, unless its breaker is open: then the failure comes at once. Counts what comes of it.
  /// - Parameter deadline: when its time is over; nil: a whole timeout from now.
  func check(_ request: GuardrailRequest, by deadline: NIODeadline? = nil) async -> PluginReply<Verdict> {
    let began = NIODeadline.now()
    guard let ticket = watch.admit(now: began) else { return .failed(.breakerOpen) }
    let reply = applicable(await instance.check(request, deadline: deadline ?? began + timeout), request)
    watch.ended(reply, ticket, began: began)
    if let witness { witness(reply, request, .now() - began) }
    return reply
  }

  /// As `check`, whatever the breaker says, and only counted: a self-test judges for itself.
  func tryOut(_ request: GuardrailRequest) async -> PluginReply<Verdict> {
    let began = NIODeadline.now()
    let deadline = began + min(timeout, Limits.Guardrails.maxSelfTestTime)
    let reply = applicable(await instance.check(request, deadline: deadline), request)
    _ = watch.count(reply, began: began, now: .now())
    return reply
  }

  /// A verdict that replaces what cannot be replaced is none.
  private func applicable(_ reply: PluginReply<Verdict>, _ request: GuardrailRequest) -> PluginReply<Verdict> {
    guard case .value(let verdict) = reply, verdict.action == .transform else { return reply }
    guard !onlyJudges || request.phase == .restore else {
      return .failed(PluginFailure(.malformed, "its binding says judges_only, and the verdict replaces text"))
    }
    let isSound = verdict.replacements.allSatisfy {
      request.segments.indices.contains($0.segment) && !request.segments[$0.segment].flags.contains(.key)
    }
    return isSound ? reply : .failed(PluginFailure(.malformed, "the verdict replaces what cannot be replaced"))
  }
}

extension PluginFailure {
  static let breakerOpen = PluginFailure(.unavailable, "not asked: too many failures in a row opened its breaker")
}
