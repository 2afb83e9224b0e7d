internal import JSON
internal import NIOCore

extension Screening {
  /// Asks one guardrail, with the states that it left, and keeps those that it leaves. A verdict that would replace a state which another check has replaced
  /// meanwhile is dropped, and the guardrail is asked again with the newer one; whoever was overtaken once stands in line.
  func ask(_ binding: BoundGuardrail, _ request: GuardrailRequest, of subject: Subject, _ calls: CallStates?) async -> PluginReply<Verdict>
  {
    guard let states, let conversation = subject.conversation else { return await binding.check(request) }
    let deadline = NIODeadline.now() + binding.timeout
    let key = SessionStates.Key(conversation, binding: binding.name)
    var line = states.line(for: key, opens: false)
    if line == nil {
      if let reply = await attempt(binding, request, key, states, calls, deadline) { return reply }
      line = states.line(for: key, opens: true)
    }
    defer { states.leaveLine(for: key) }
    guard let line else { return .failed(Self.overtaken) }
    do {
      return try await line.run {
        for _ in 0..<Limits.Guardrails.maxStateTries {
          guard NIODeadline.now() < deadline else { return .failed(PluginFailure(.timeout, "other calls of the session came first")) }
          if let reply = await attempt(binding, request, key, states, calls, deadline) { return reply }
        }
        return .failed(Self.overtaken)
      }
    } catch {
      return .failed(PluginFailure(.internal, "\(error)"))
    }
  }

  /// - Returns: nil when the verdict was overtaken.
  private func attempt(
    _ binding: BoundGuardrail, _ request: GuardrailRequest, _ key: SessionStates.Key, _ states: SessionStates, _ calls: CallStates?,
    _ deadline: NIODeadline
  ) async -> PluginReply<Verdict>? {
    var request = request
    let (session, call) = (states.find(key), calls?[binding.name])
    (request.sessionState, request.callState) = (session, call)
    let reply = await binding.check(request, by: deadline)
    guard case .value(let verdict) = reply else { return reply }
    if let new = verdict.sessionState {
      switch states.replace(session, by: new, for: key) {
      case .done: break
      case .overtaken: return nil
      case .full(let reason): return .failed(PluginFailure(.unavailable, "the state of the session cannot be kept: \(reason)"))
      }
    }
    if request.phase == .input, let new = verdict.callState, let calls {
      guard calls.replace(call, by: new, of: binding.name) else { return nil }
    }
    return reply
  }

  private static let overtaken = PluginFailure(.unavailable, "other calls of the session changed its state too often meanwhile")

  // MARK: Restoring

  /// Puts back what guardrails took out of what this caller sent, once nothing is to be judged any more: what a caller gets back of their own is no leak. The
  /// last guardrail that took something out is the first to put it back.
  /// - Parameter policy: of the way to the server.
  func restore(
    _ passed: RawJSON, base: String, _ report: inout ScreeningReport, as subject: Subject, by policy: GuardrailPolicy, _ calls: CallStates?
  ) async -> RawJSON {
    guard let states, let conversation = subject.conversation, !report.isBlocked, policy.mode == .enforce else { return passed }
    var subject = subject
    (subject.phase, subject.policy) = (.restore, policy)
    var message: ScreenedMessage?
    for binding in bindings.reversed() where !report.isBlocked && binding.instance.implements(.restore) {
      let isSelected = policy.isEnabled && policy.bindings.contains(binding.name)
      let hasState = calls?[binding.name] != nil || isSelected && states.find(.init(conversation, binding: binding.name)) != nil
      guard hasState else { continue }
      var current = message ?? ScreenedMessage(passed, base: base, binary: BinaryContent(of: subject.surface), escapes: .documents)
      let request = GuardrailRequest(
        context: subject.context, phase: .restore, surface: subject.surface, server: subject.server, item: subject.item,
        policyJSON: policy.json, policyRevision: String(policy.revision), segments: current.segments)
      await judge(by: binding, request, on: &current, into: &report, subject, calls)
      message = current
    }
    return message?.raw ?? passed
  }
}
