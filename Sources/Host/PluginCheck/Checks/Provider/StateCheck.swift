internal import PluginABI

extension PluginCheck {
  static let state = provider(
    CheckRule(
      id: "state", summary: "What a verdict stores comes back to another instance, and is understood.",
      header:
        "call_state: \"kept by the host for the later phases of this call\"; session_state: \"kept for the session, across reload and process isolation\".",
      fix: "Put everything that the later phase needs into the state's bytes: no pointers, nothing that only this instance knows."),
    of: [.guardrail]
  ) { bench throws(CheckEnd) in
    guard bench.guardrail.pointee.phases & SMG_PHASE_INPUT != 0, bench.guardrail.pointee.phases & SMG_PHASE_OUTPUT != 0 else {
      throw .skipped("it does not judge both INPUT and OUTPUT")
    }
    var states = 0
    for question in bench.questions where !bench.log.hasFailures {
      guard case .guardrail(let message) = question.body, message.phase == SMG_PHASE_INPUT else { continue }
      if try handsOver(bench, question, message) { states += 1 }
    }
    bench.log.note(states == 0 ? "no verdict stored a state" : "\(states) verdicts stored a state")
  }

  /// One instance judges the input and is gone when another, made while it lived, judges the output.
  private static func handsOver(_ bench: CheckBench, _ question: Question, _ message: Question.Message) throws(CheckEnd) -> Bool {
    let first = try bench.create()
    let verdict = first.ask(question).flatMap { answer in
      if case .verdict(let verdict) = answer.outcome { verdict } else { nil as Verdict? }
    }
    let second = try bench.create()
    if !bench.log.hasFailures { first.end() }
    defer { if !bench.log.hasFailures { second.end() } }
    guard let verdict, verdict.callState != nil || verdict.sessionState != nil, !bench.log.hasFailures else { return false }
    for phase in Corpus.phases(bench.guardrail.pointee.phases) where phase == SMG_PHASE_OUTPUT || phase == SMG_PHASE_RESTORE {
      var answer = Question.Message(phase: phase, texts: message.texts, original: phase == SMG_PHASE_OUTPUT ? message.texts : [])
      answer.callState = verdict.callState?.bytes ?? []
      answer.sessionState = verdict.sessionState?.bytes ?? []
      second.ask(Question(label: "the answer, with the state of an instance that is gone", body: .guardrail(answer)), mode: .guarded)
    }
    return true
  }
}
