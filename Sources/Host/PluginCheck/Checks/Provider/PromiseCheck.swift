internal import PluginABI

extension PluginCheck {
  static let promises = provider(
    CheckRule(
      id: "inline", summary: "A provider that promises to be quick is.",
      header: "SMG_PF_INLINE: \"every operation returns within 100 microseconds for texts up to 64 KiB and never waits\".",
      fix: "Leave SMG_PF_INLINE out if an operation waits or takes longer; build with optimisation before you measure.")
  ) { bench throws(CheckEnd) in
    guard bench.flags.contains(.inline) else { throw .skipped("it does not promise SMG_PF_INLINE") }
    try bench.withInstance { instance throws(CheckEnd) in
      for question in Measurement.questions(bench) {
        // The quickest of several is what the plugin needs; the others are what the machine was busy with.
        var best = UInt64.max
        for _ in 0..<20 {
          guard let answer = instance.ask(question) else { return }
          best = min(best, answer.inside)
        }
        if best > Limits.PluginCheck.waitingNanoseconds {
          bench.fail("\(question.operation) of \(question.label) took \(best / 1_000) µs at best: it waits")
        } else if best > Limits.PluginCheck.inlineNanoseconds {
          bench.advise("\(question.operation) of \(question.label) took \(best / 1_000) µs at best; the promise is 100 µs")
        }
      }
    }
  }

  static let timing = provider(
    CheckRule(
      id: "timing", summary: "What a call costs, by size. Measured, not judged.",
      header: "R6: operations run on a bounded pool \"where waiting briefly is allowed\".",
      fix: "Nothing: these are figures. They are of this machine as it is, and of the build that was given.", severity: .advice)
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      for question in Measurement.questions(bench) {
        var samples: [UInt64] = []
        let until = WallClock.monotonicNanoseconds() + Limits.PluginCheck.timingNanoseconds
        while samples.count < Limits.PluginCheck.timedCalls, WallClock.monotonicNanoseconds() < until || samples.count < 5 {
          guard let answer = instance.ask(question) else { return }
          samples.append(answer.needed)
        }
        bench.log.time(CallTiming(question.operation, question.label, samples))
      }
    }
  }
}

/// What is timed.
private enum Measurement {
  static func questions(_ bench: CheckBench) -> [Question] {
    switch bench.kind {
    case .guardrail:
      let phase = Corpus.phases(bench.guardrail.pointee.phases).first ?? SMG_PHASE_INPUT
      return [("64 B", 64), ("4 KiB", 4 << 10), ("64 KiB", 64 << 10)].map { label, size in
        let text = String(repeating: "a text to judge ", count: size / 16)
        return Corpus.message(label, phase, [QuestionText("/params/arguments/q", text)])
      }
    case .auth, .telemetry: return [bench.plainQuestion]
    }
  }
}
