extension PluginCheck {
  static let health = provider(
    CheckRule(
      id: "health", summary: "health() completes, without a value.",
      header: "health(): \"Completes with SMG_OK or a failure whose message says what is wrong; no value.\"",
      fix: "Complete the call of health() with SMG_OK, or with SMG_E_UNAVAILABLE and a message that says what the instance lacks.")
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      for _ in 0..<3 {
        guard let outcome = instance.health(mode: .guarded), case .failed(let failure) = outcome, failure.code != .malformed else {
          continue
        }
        if failure.message.isEmpty { bench.advise("health() failed without a message") }
        bench.log.note("health() answered \(failure)")
      }
    }
  }
}
