/// Several guardrails that judge one message at the same time. Only those that change nothing do, so each sees what it would see in its turn, and what comes of
/// it is the same.
extension Screening {
  /// How many of `chain`, from its beginning, may judge at the same time.
  func width(of chain: ArraySlice<BoundGuardrail>, _ subject: Subject) -> Int {
    guard judgesSideBySide, subject.phase == .output else { return 1 }
    return max(1, chain.prefix { $0.onlyJudges }.count)
  }

  /// The replies of `judges` in their order. Once one of them blocks, the others are called off and left out.
  func replies(
    of judges: ArraySlice<BoundGuardrail>, to request: GuardrailRequest, _ subject: Subject, _ calls: CallStates?
  ) async -> [(binding: BoundGuardrail, reply: PluginReply<Verdict>)] {
    let judges = Array(judges)
    return await withTaskGroup(of: (Int, PluginReply<Verdict>).self) { group in
      for (index, binding) in judges.enumerated() {
        group.addTask { (index, await ask(binding, request, of: subject, calls)) }
      }
      var found = [PluginReply<Verdict>?](repeating: nil, count: judges.count)
      for await (index, reply) in group {
        found[index] = reply
        guard !blocks(reply, judges[index]) else { break }
      }
      group.cancelAll()
      return zip(judges, found).compactMap { binding, reply in reply.map { (binding, $0) } }
    }
  }

  private func blocks(_ reply: PluginReply<Verdict>, _ binding: BoundGuardrail) -> Bool {
    guard case .value(let verdict) = reply, verdict.action != .transform else { return binding.onFailure == .block }
    return verdict.action == .block
  }
}
