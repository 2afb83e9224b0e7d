extension PluginCheck {
  static let cancel = provider(
    CheckRule(
      id: "cancel", summary: "Calls that the host has ended are survived: before, during and after their completion.",
      header:
        "R5: \"After cancel() completing is optional. A completion that comes too late … returns SMG_E_STALE and does nothing.\" cancel(): \"Comes only "
        + "after check was entered, perhaps before it returned or after it completed. Must not wait.\"",
      fix: "Look the call up when cancel() comes, do nothing when it is not there any more, and take SMG_E_STALE for an answer.")
  ) { bench throws(CheckEnd) in
    for http in [CheckHost.HTTP.down, .silent] {
      try bench.withInstance(CheckHost.Services(http: http)) { instance throws(CheckEnd) in
        for round in 0..<Limits.PluginCheck.cancellations {
          var question = bench.questions[round % bench.questions.count]
          // The deadline is told to the plugin; some are over before it looks.
          if round % 3 == 0 { question.timeLeft = -1_000_000 } else if round % 3 == 1 { question.timeLeft = 1_000 }
          let (call, _) = instance.enter(question)
          instance.cancel(call)
          if round % 4 == 0 { instance.cancel(call) }
        }
        // It still works.
        if http != .silent { instance.ask(bench.plainQuestion) }
      }
    }
  }
}
