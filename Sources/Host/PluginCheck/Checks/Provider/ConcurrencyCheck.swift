internal import Synchronization

extension PluginCheck {
  static let concurrency = provider(
    CheckRule(
      id: "concurrency", summary: "Operations run from several threads at once, and answer as they do alone.",
      header: "R6: \"[any]: any thread, several at once.\" SMG_PF_SERIAL asks for one at a time.",
      fix:
        "Keep what an operation works with on its stack, and what calls share behind a lock or atomic; or promise less, with SMG_PF_SERIAL."
    )
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      let questions = bench.questions.filter { !$0.label.hasPrefix("a long") && !$0.label.hasPrefix("a thousand") }
      let expected = questions.map { alone(instance, $0) }
      guard !bench.log.hasFailures else { return }
      // A telemetry provider's emit never overlaps itself, so one thread asks it; the calls still come from threads that are new to it.
      let threads = bench.flags.contains(.serial) || bench.kind == .telemetry ? 1 : Limits.PluginCheck.threads
      let run = ConcurrentRun(bench, instance, questions, expected, rounds: Limits.PluginCheck.rounds)
      run.start(threads)
      if let difference = run.difference { bench.fail(difference) }
      bench.log.note("\(run.calls) calls from \(threads) threads")
    }
  }

  /// The answer, twice; nil when it is not the same both times, so that nothing can be expected of it.
  private static func alone(_ instance: CheckInstance, _ question: Question) -> String? {
    let answers = (0..<2).map { _ in instance.ask(question).map { Signature.text($0.outcome) } }
    return answers[0] == answers[1] ? answers[0] : nil
  }
}

/// The same questions asked from several threads.
private final class ConcurrentRun: @unchecked Sendable {
  private struct State {
    var running = 0
    var calls = 0
    var difference: String?
  }
  private let bench: CheckBench
  private let instance: CheckInstance
  private let questions: [Question]
  private let expected: [String?]
  private let rounds: Int
  private let monitor = Monitor(State())

  init(_ bench: CheckBench, _ instance: CheckInstance, _ questions: [Question], _ expected: [String?], rounds: Int) {
    self.bench = bench
    self.instance = instance
    self.questions = questions
    self.expected = expected
    self.rounds = rounds
  }

  var calls: Int { monitor.withLock { $0.calls } }
  var difference: String? { monitor.withLock { $0.difference } }

  func start(_ threads: Int) {
    let until = WallClock.monotonicNanoseconds() + Limits.PluginCheck.concurrencyNanoseconds
    for index in 0..<threads {
      monitor.withLock { $0.running += 1 }
      let isStarted = HostThread.start("smg-check") {
        self.ask(from: index, until: until)
        self.monitor.withLock { $0.running -= 1 }
        self.monitor.broadcast()
      }
      if !isStarted { monitor.withLock { $0.running -= 1 } }
    }
    // Whoever does not return is the watchdog's.
    _ = monitor.wait(until: nil) { $0.running == 0 ? true : nil }
  }

  private func ask(from start: Int, until: UInt64) {
    for round in 0..<rounds {
      for offset in questions.indices {
        guard WallClock.monotonicNanoseconds() < until, !bench.log.hasFailures, difference == nil else { return }
        let index = (offset + start * 3 + round) % questions.count
        guard let answer = instance.ask(questions[index]) else { return }
        let text = Signature.text(answer.outcome)
        let isFirst = monitor.withLock { state -> Bool in
          state.calls += 1
          guard let expected = expected[index], expected != text, state.difference == nil else { return false }
          state.difference =
            "\(questions[index].operation) of \(questions[index].label) answered \"\(text.prefix(200))\" while other calls ran, "
            + "and \"\(expected.prefix(200))\" alone"
          return true
        }
        if isFirst { return }
        if offset % 16 == 0 { instance.host.calls.forgetAnswered() }
      }
    }
  }
}
