internal import CPluginCheck
internal import Glibc

extension PluginCheck {
  static let stop = provider(
    CheckRule(
      id: "stop", summary: "stop() ends an instance that has calls, timers and requests under way.",
      header:
        "R9: \"stop() ends and joins the threads of the plugin itself and waits for no callback. Then the host delivers every callback that it still "
        + "owes, waits until no function of the instance is inside, and calls destroy(). stop() is called once.\"",
      fix:
        "In stop(), tell your threads to end, join them, and return SMG_OK; do not wait in it for done() or fire(), which come afterwards.")
  ) { bench throws(CheckEnd) in
    // Nothing under way.
    try bench.withInstance { _ throws(CheckEnd) in }
    // Requests that wait for an answer which never comes.
    for round in 0..<20 where !bench.log.hasFailures {
      try bench.withInstance(CheckHost.Services(http: .silent)) { instance throws(CheckEnd) in
        for question in bench.questions.prefix(round) { _ = instance.enter(question) }
      }
    }
  }

  static let afterDestroy = provider(
    CheckRule(
      id: "after-destroy", summary: "Nothing of an instance runs once it was destroyed.",
      header:
        "R9: stop() \"ends and joins the threads of the plugin itself\"; destroy(): \"Releases the instance; nothing of it is called any more.\"",
      fix: "Join every thread in stop(), also those that are waiting for something.")
  ) { bench throws(CheckEnd) in
    for _ in 0..<10 where !bench.log.hasFailures {
      try bench.withInstance { instance throws(CheckEnd) in
        for question in bench.questions.prefix(4) { _ = instance.enter(question) }
      }
    }
    // A thread that is still there has the time to show itself.
    var pause = timespec(tv_sec: 0, tv_nsec: 200_000_000)
    nanosleep(&pause, nil)
  }

  static let leaks = provider(
    CheckRule(
      id: "leaks", summary: "Instances that come and go leave no threads, descriptors or memory behind.",
      header: "R9 (threads), R2: \"what one side allocates only that side frees\"; destroy() \"releases the instance\".",
      fix: "Join threads in stop(); close descriptors and free memory in destroy(), and when create() fails half-way.")
  ) { bench throws(CheckEnd) in
    try LeakHunt(bench).run()
  }
}

/// Makes and ends instances, and counts what grows with them.
private struct LeakHunt {
  let bench: CheckBench

  init(_ bench: CheckBench) { self.bench = bench }

  func run() throws(CheckEnd) {
    try cycle(Limits.PluginCheck.warmUpCycles)
    guard !bench.log.hasFailures else { return }
    let before = ProcessState.now()
    let first = try grown(Limits.PluginCheck.leakCycles)
    let second = try grown(Limits.PluginCheck.leakCycles)
    guard !bench.log.hasFailures else { return }
    judge(before: before, memory: min(first, second))
  }

  private func cycle(_ count: Int) throws(CheckEnd) {
    for _ in 0..<count where !bench.log.hasFailures {
      try bench.withInstance { instance throws(CheckEnd) in instance.ask(bench.plainQuestion) }
    }
  }

  /// Bytes that stay allocated after so many lives.
  private func grown(_ count: Int) throws(CheckEnd) -> Int {
    let before = Self.allocated()
    try cycle(count)
    return Self.allocated() - before
  }

  private static func allocated() -> Int { smg_allocated_bytes() }

  private func judge(before: ProcessState, memory: Int) {
    let cycles = 2 * Limits.PluginCheck.leakCycles
    // Threads that have just been told to end may still be on their way out.
    let limit = WallClock.monotonicNanoseconds() + 2_000_000_000
    var now = ProcessState.now()
    while now.threads - before.threads >= cycles / 2, WallClock.monotonicNanoseconds() < limit {
      var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
      nanosleep(&pause, nil)
      now = ProcessState.now()
    }
    if now.threads - before.threads >= cycles / 2 {
      bench.fail("\(cycles) instances that came and went have left \(now.threads - before.threads) threads behind")
    }
    if now.descriptors - before.descriptors >= cycles / 2 {
      bench.fail("\(cycles) instances that came and went have left \(now.descriptors - before.descriptors) descriptors behind")
    }
    let each = memory / Limits.PluginCheck.leakCycles - Limits.PluginCheck.ownBytesPerCycle
    if each >= Limits.PluginCheck.leakedBytesPerCycle {
      bench.log.advise("leaks", "each instance that came and went has left about \(each) bytes allocated")
    }
  }
}
