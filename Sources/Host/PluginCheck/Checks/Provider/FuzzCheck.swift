internal import PluginABI

extension PluginCheck {
  static let fuzz = provider(
    CheckRule(
      id: "fuzz", summary: "Generated calls are completed once, with what is well-formed.",
      header: "All rules at once, for input that nobody thought of.",
      fix: "Run the command that the report names: it makes the one call again that went wrong, with --in-process under a debugger.")
  ) { bench throws(CheckEnd) in
    let phases = bench.kind == .guardrail ? Corpus.phases(bench.guardrail.pointee.phases) : []
    let words = Corpus.words(of: bench.config) + bench.limits.texts.prefix(Limits.PluginCheck.maxTexts)
    let questions = FuzzQuestions(seed: bench.limits.seed, kind: bench.kind, phases: phases, words: words)
    let numbers = bench.limits.fuzzCall.map { $0..<($0 + 1) } ?? 0..<bench.limits.fuzzCalls
    let until = WallClock.monotonicNanoseconds() + Limits.PluginCheck.fuzzNanoseconds
    var made = 0
    try bench.withInstance(mode: .guarded) { instance throws(CheckEnd) in
      for number in numbers where WallClock.monotonicNanoseconds() < until {
        bench.frames.note(number: UInt64(number))
        instance.ask(questions.question(number), mode: .guarded)
        made += 1
        guard !bench.log.hasFailures else { return bench.log.fail("fuzz", "the call is number \(number)") }
        if made % 256 == 0 { instance.host.calls.forgetAnswered() }
      }
    }
    bench.log.note("\(made) calls, seed \(bench.limits.seed)")
  }
}
