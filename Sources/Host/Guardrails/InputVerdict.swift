/// What the guardrails said of a call's input, or will have said: nothing of a call that runs meanwhile goes anywhere before.
enum InputVerdict: Sendable {
  case given(ScreeningReport)
  case pending(Task<ScreeningReport, Never>)

  /// Waits for the verdict, which each guardrail's timeout bounds.
  var report: ScreeningReport {
    get async {
      switch self {
      case .given(let report): report
      case .pending(let task): await task.value
      }
    }
  }
}
