internal import PluginABI

extension PluginCheck {
  static let unknown = provider(
    CheckRule(
      id: "unknown-values", summary: "Phases, surfaces, flags and states that it does not know are survived.",
      header:
        "R4: \"A plugin treats a value from the host that it does not know as nothing to do.\" Session state \"may be an older release's\".",
      fix: "Have a default in every switch, ignore flags that you do not know, and check a state before you read from it.")
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      for question in questions(bench) {
        guard instance.ask(question) != nil else { return }
      }
    }
  }

  private static func questions(_ bench: CheckBench) -> [Question] {
    let text = QuestionText("/params/arguments/q", "hello", flags: 1 << 30)
    switch bench.kind {
    case .guardrail:
      let phase = Corpus.phases(bench.guardrail.pointee.phases).first ?? SMG_PHASE_INPUT
      var messages = [1 << 31, 1 << 8, 0].map { Question.Message(phase: $0, texts: [text]) }
      messages.append(Question.Message(phase: phase, surface: "a surface of the future", texts: [text]))
      for state in [[UInt8(0)], Array("{\"v\":99}".utf8), [UInt8](repeating: 0xFF, count: Int(SMG_STATE_MAX))] {
        messages.append(Question.Message(phase: phase, texts: [text], callState: state, sessionState: state))
      }
      return messages.map { Question(label: "values that nobody knows", body: .guardrail($0)) }
    case .auth:
      return [
        Question(
          label: "an unknown transport", body: .auth(.init(headers: [("authorization", Array("Bearer a".utf8))], transport: "pigeon")))
      ]
    case .telemetry:
      return [
        Question(
          label: "an unknown kind of record",
          body: .telemetry(
            .init(records: [.init(kind: 1 << 30, name: "n", body: "b", attributes: 6), .init(kind: SMG_REC_LOG, name: "", body: "b")])))
      ]
    }
  }
}
