import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Host

/// Calls into guardrails that behave, and into some that do not.
@Suite struct CheckTests {
  @Test(arguments: [true, false]) func `a verdict comes back whole`(inline: Bool) async throws {
    let bench = try await Bench("good")
    let instance = try await bench.guardrail(inline: inline)
    #expect(instance.stats.isInline == inline)
    #expect(await instance.ask("fine").value?.action == .allow)

    let blocked = try #require(await instance.check(.about("fine", "forbidden fruit"), deadline: .now() + .seconds(10)).value)
    #expect(blocked.action == .block && blocked.replacements.isEmpty)
    #expect(
      blocked.violations == [
        Violation(
          category: "word", code: "W1", message: "forbidden word", evidenceJSON: "{\"word\":\"forbidden\"}", score: 1, segment: 1, start: 0,
          end: 15)
      ])

    let changed = try #require(await instance.ask("a secret").value)
    #expect(changed.action == .transform && changed.replacements.map(\.segment) == [0] && changed.replacements.map(\.text) == ["***"])
    #expect(
      changed.callState?.bytes == Array("call".utf8) && changed.sessionState?.bytes == Array("session".utf8)
        && changed.metadataJSON == "{\"n\":1}")
    try await eventually("the counts settle") {
      instance.stats.calls == 3 && instance.stats.failures == 0 && instance.stats.inFlight == 0 && instance.stats.framesInside == 0
    }
    await bench.end()
  }

  @Test(arguments: [0, 1, 100, 20_000, 70_000, 1_000_000]) func `texts of any size and number arrive`(size: Int) async throws {
    let bench = try await Bench("good")
    let instance = try await bench.guardrail(inline: true)
    let filler = String(repeating: "x", count: size)
    var request = GuardrailRequest.about(filler, "", filler + "forbidden")
    request.original = [Segment(pointer: "/o", text: filler)]
    request.policyJSON = Array(filler.utf8)
    #expect(await instance.check(request, deadline: .now() + .seconds(20)).value?.violations.first?.segment == 2)
    if size < 1000 {
      request.segments = (0..<10_000).map { Segment(pointer: "/\($0)", text: $0 == 9_999 ? "forbidden" : filler) }
    } else {
      request.segments = (0..<20).map { Segment(pointer: "/\($0)", text: $0 == 19 ? "forbidden" : filler) }
    }
    let last = request.segments.count - 1
    #expect(await instance.check(request, deadline: .now() + .seconds(20)).value?.violations.first?.segment == last)
    await bench.end()
  }

  @Test func `a trusted inline provider is called on the caller's thread without suspension`() async throws {
    let bench = try await Bench("good")
    let instance = try await bench.guardrail(inline: true)
    let loop = OneThread()
    let sameThread = await Task(executorPreference: loop) {
      let before = pthread_self()
      let jobs = loop.jobs
      let isAllowed = await instance.ask("fine").value?.action == .allow
      return isAllowed && pthread_self() == before && loop.jobs == jobs
    }.value
    #expect(sameThread)
    await bench.end()
  }

  @Test func `an inline promise without the operator's trust runs on the pool`() async throws {
    let bench = try await Bench("good")
    let instance = try await bench.guardrail(inline: false)
    #expect(await instance.ask("fine").value != nil)
    #expect(!instance.stats.isInline)
    // Trust by hash: the library counts as built with the gateway.
    let sha256 = instance.listing.sha256
    let trusting = try await Bench([("good", "good", [])]) { $0.trustedInlineHashes = [sha256] }
    #expect(try await trusting.guardrail().stats.isInline)
    await bench.end()
    await trusting.end()
  }

  @Test func `a check that never returns ends at its deadline`() async throws {
    let bench = try await Bench("moody")
    let instance = try await bench.guardrail()
    #expect(await instance.ask("hang", .milliseconds(30)).failure?.code == .timeout)
    try await eventually("stuck") { instance.stats.stuckFrames == 1 }
    try await eventually("the counts settle") { instance.stats.misbehaviours >= 1 && instance.stats.framesInside >= 1 }
    try await eventually("cancel hint") { bench.metrics.count("cancelled") == 1 }
    #expect(await instance.ask("release").value != nil)
    try await eventually("late answer is stale") { bench.metrics.count("hang-stale") == 1 }
    try await eventually("out again") { instance.stats.stuckFrames == 0 && instance.stats.framesInside == 0 }
    try await eventually("the counts settle") { instance.stats.staleCompletions == 2 }
    await bench.end()
  }

  @Test func `a hundred sessions go on while one check never returns`() async throws {
    let bench = try await Bench([("moody", "moody", []), ("good", "good", ["NAME=\"other\"", "ID=\"dev.example.good\""])])
    let moody = try await bench.guardrail()
    let other = try await bench.guardrail(name: "other")
    async let hanging = moody.ask("hang", .seconds(30))
    try await eventually("hanging") { bench.metrics.count("hanging") == 1 }
    let answers = await withTaskGroup(of: Int.self) { group in
      for session in 0..<100 {
        group.addTask {
          var answered = 0
          for _ in 0..<10 {
            if await moody.ask("session \(session)").value?.action == .allow { answered += 1 }
            if await other.ask("session \(session) forbidden").value?.action == .block { answered += 1 }
          }
          return answered
        }
      }
      return await group.reduce(0, +)
    }
    #expect(answers == 2_000)
    #expect(bench.metrics.count("woke") == 0)
    _ = await moody.ask("release")
    #expect(await hanging.value?.action == .allow)
    await bench.end()
  }

  @Test func `an instance whose calls do not return fails fast, the others do not notice`() async throws {
    let bench = try await Bench([("moody", "moody", []), ("good", "good", ["NAME=\"other\"", "ID=\"dev.example.good\""])])
    let moody = try await bench.guardrail()
    let other = try await bench.guardrail(name: "other")
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<30 { group.addTask { #expect(await moody.ask("hang", .milliseconds(50)).failure != nil) } }
    }
    try await eventually("stuck") { moody.stats.stuckFrames >= 4 }
    let failure = try #require(await moody.ask("fine").failure)
    #expect(failure.code == .unavailable && failure.message.contains("calls have not returned"))
    #expect(await other.ask("fine").value != nil)
    // Another instance of the library lets them go; then the first recovers.
    let second = try await bench.guardrail()
    _ = await second.ask("release")
    try await eventually("out again") { moody.stats.framesInside == 0 }
    #expect(await moody.ask("fine").value != nil)
    await bench.end()
  }

  @Test func `double, late, forged and foreign completions are counted and harmless`() async throws {
    let bench = try await Bench("moody")
    let instance = try await bench.guardrail()
    let other = try await bench.guardrail()
    #expect(await instance.ask("twice").value?.action == .allow)
    try await eventually("the second is stale") { bench.metrics.count("second-stale") == 1 && instance.stats.staleCompletions == 1 }

    #expect(await instance.ask("forged").value?.action == .allow)
    try await eventually("forged ones are stale") { instance.stats.staleCompletions == 1_002 }

    #expect(await instance.ask("late", .milliseconds(20)).failure?.code == .timeout)
    try await eventually("late is stale") { bench.metrics.count("later-stale") == 1 }

    // The other instance's open call cannot be completed from here, by its owner it can.
    async let kept = other.ask("keep")
    try await eventually("kept") { bench.metrics.count("kept") == 1 }
    #expect(await instance.ask("foreign").value?.action == .allow)
    try await eventually("the foreign one is stale") { bench.metrics.count("foreign-stale") == 1 }
    #expect(await instance.ask("finish kept").value?.action == .allow)
    #expect(await kept.value?.action == .block)
    try await eventually("the owner's counts") { bench.metrics.count("kept-ok") == 1 }
    await bench.end()
  }

  @Test(arguments: [true, false]) func `a plugin may answer from its own thread`(inline: Bool) async throws {
    let bench = try await Bench("moody", inline ? ["FLAGS=SMG_PF_INLINE"] : [])
    let instance = try await bench.guardrail(inline: inline)
    for _ in 0..<20 { #expect(await instance.ask("thread").value?.action == .allow) }
    try await eventually("all are counted") { bench.metrics.count("later-ok") == 20 }
    #expect(await instance.ask("never", .milliseconds(20)).failure?.code == .timeout)
    await bench.end()
  }

  @Test func `failures and refusals keep what the plugin says`() async throws {
    let bench = try await Bench("moody")
    let instance = try await bench.guardrail()
    let failure = try #require(await instance.ask("unavailable").failure)
    #expect(failure == PluginFailure(.unavailable, "the service is down", retryAfterMilliseconds: 1500))
    // "Forbidden" is auth's word: from a guardrail it is a malformed answer.
    #expect(await instance.ask("forbid").failure?.code == .malformed)
    #expect(await instance.check(.about("x"), deadline: .now() - .seconds(1)).failure?.code == .timeout)
    var tool = GuardrailRequest.about("x")
    tool.phase = .tool
    #expect(await instance.check(tool, deadline: .now() + .seconds(1)).failure?.code == .unsupported)
    #expect(instance.phases == [.input, .output] && !instance.wantsBinary)
    #expect(await instance.health(deadline: .now() + .seconds(10)).failure == nil)
    #expect(instance.stats.failures == 3)
    await bench.end()
  }

  @Test(arguments: [
    "null outcome", "null value", "outcome size", "value size", "verdict size", "misaligned", "action", "status", "no replacements",
    "replacements without transform", "replacement index", "replaced twice", "replaced key", "replacement text", "replacement count",
    "violation count", "violation null", "violation segment", "violation offsets", "violation order", "violation score", "violation text",
    "evidence", "metadata", "state size", "null text",
  ])
  func `a malformed answer is a failure`(how: String) async throws {
    let bench = try await Bench("malformed")
    let instance = try await bench.guardrail()
    var request = GuardrailRequest.about(how, "member")
    request.segments[1].flags = .key
    let failure = try #require(await instance.check(request, deadline: .now() + .seconds(10)).failure)
    #expect(failure.code == .malformed && !failure.message.isEmpty)
    // The plugin counts after complete() has returned, while this test may already go on.
    try await eventually("the plugin is told") { bench.metrics.count("invalid") == 1 && instance.stats.misbehaviours == 1 }
    #expect(await instance.ask("well").value?.action == .allow)
    await bench.end()
  }

  @Test func `cancelling a task ends its call and hints the plugin`() async throws {
    let bench = try await Bench("moody")
    let instance = try await bench.guardrail()
    let task = Task { await instance.ask("never") }
    try await eventually("entered") { instance.stats.inFlight == 1 && instance.stats.calls == 1 }
    task.cancel()
    #expect(await task.value.failure?.code == .cancelled)
    // A task that is cancelled before it asks never reaches the plugin.
    let early = Task {
      while !Task.isCancelled { await Task.yield() }
      return await instance.ask("keep")
    }
    early.cancel()
    #expect(await early.value.failure?.code == .cancelled)
    #expect(bench.metrics.count("kept") == 0)
    await bench.end()
  }

  @Test func `cancellation racing completion always ends in one of both`() async throws {
    let bench = try await Bench("cancel_race")
    let instance = try await bench.guardrail()
    var answered = 0
    for round in 0..<40 {
      await withTaskGroup(of: PluginReply<Verdict>.self) { group in
        for _ in 0..<100 { group.addTask { await instance.ask("x") } }
        if round % 2 == 0 { await Task.yield() }
        group.cancelAll()
        for await reply in group {
          switch reply {
          case .value: answered += 1
          case .failed(let failure): #expect(failure.code == .cancelled)
          case .refused: Issue.record("refused")
          }
        }
      }
    }
    try await eventually("the counts settle") { instance.stats.inFlight == 0 && instance.stats.calls == 4_000 }
    try await eventually("all slots free") { instance.core.runtime.calls.count == 0 }
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 1, "\(instance.stats)")
  }

  @Test func `deadlines racing completion leave nothing behind`() async throws {
    let bench = try await Bench("cancel_race")
    let instance = try await bench.guardrail()
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        group.addTask {
          for round in 0..<10 {
            let reply = await instance.ask("x", .microseconds(Int64((index + round * 37) % 400)))
            #expect(reply.value != nil || reply.failure?.code == .timeout, "\(reply)")
          }
        }
      }
    }
    try await eventually("the counts settle") { instance.stats.inFlight == 0 && instance.core.runtime.calls.count == 0 }
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 1)
  }

  @Test(arguments: [true, false]) func `a serial provider is entered by one thread at a time`(inline: Bool) async throws {
    let bench = try await Bench("moody", ["FLAGS=SMG_PF_SERIAL|SMG_PF_INLINE"])
    let instance = try await bench.guardrail(inline: inline)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<40 { group.addTask { #expect(await instance.ask("sleep").value != nil) } }
    }
    #expect(await instance.ask("overlaps").value != nil)
    #expect(bench.metrics.count("overlaps-0") == 1, "\(bench.metrics.all.map(\.name))")
    // Not serial: they do overlap.
    let free = try await Bench("moody")
    let other = try await free.guardrail()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<40 { group.addTask { _ = await other.ask("sleep") } }
    }
    _ = await other.ask("overlaps")
    #expect(free.metrics.count("overlaps-0") == 0)
    await bench.end()
    await free.end()
  }

  @Test func `waiting for a serial provider's turn holds no threads and ends at the deadline`() async throws {
    let bench = try await Bench("moody", ["FLAGS=SMG_PF_SERIAL"])
    let instance = try await bench.guardrail()
    async let first = instance.ask("hang", .seconds(30))
    try await eventually("hanging") { bench.metrics.count("hanging") == 1 }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<200 { group.addTask { #expect(await instance.ask("x", .milliseconds(100)).failure?.code == .timeout) } }
    }
    #expect(instance.core.runtime.operations.threadCount <= 2)
    try await eventually("the counts settle") { instance.stats.framesInside == 1 }
    let other = try await bench.guardrail()
    _ = await other.ask("release")
    #expect(await first.value != nil)
    #expect(await instance.ask("x").value != nil)
    await bench.end()
  }

  @Test func `too many waiting operations are refused`() async throws {
    let bench = try await Bench("moody", ["FLAGS=SMG_PF_SERIAL"])
    let instance = try await bench.guardrail()
    async let first = instance.ask("hang", .seconds(30))
    try await eventually("hanging") { bench.metrics.count("hanging") == 1 }
    let codes = await withTaskGroup(of: PluginFailure.Code?.self) { group in
      for _ in 0..<(Limits.Plugin.maxQueuedPerInstance + 100) {
        group.addTask { await instance.ask("x", .milliseconds(400)).failure?.code }
      }
      return await group.reduce(into: [PluginFailure.Code?: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(codes[.unavailable] == 100 && codes[.timeout] == Limits.Plugin.maxQueuedPerInstance, "\(codes)")
    let other = try await bench.guardrail()
    _ = await other.ask("release")
    #expect(await first.value != nil)
    await bench.end()
  }

  @Test func `a provider that holds up event loops is moved to the pool`() async throws {
    let bench = try await Bench("moody", ["FLAGS=SMG_PF_INLINE"]) { $0.inlineStrikes = 3 }
    let instance = try await bench.guardrail(inline: true)
    for _ in 0..<3 { #expect(await instance.ask("sleep").value != nil) }
    try await eventually("the counts settle") { !instance.stats.isInline && instance.stats.misbehaviours >= 3 }
    #expect(bench.log.contains("no longer called on event loops"))
    #expect(await instance.ask("fine").value != nil)
    await bench.end()
  }

  @Test func `a call that never returns on an event loop is seen by the watchdog`() async throws {
    let bench = try await Bench("moody", ["FLAGS=SMG_PF_INLINE"])
    let instance = try await bench.guardrail(inline: true)
    let loop = OneThread()
    let hanging = Task(executorPreference: loop) { await instance.ask("hang", .milliseconds(10)) }
    try await eventually("seen") { instance.stats.stuckFrames == 1 }
    try await eventually("the counts settle") { !instance.stats.isInline && bench.log.contains("holding up an event loop") }
    #expect(await instance.ask("release").value != nil)
    // The thread is back, too late for its call.
    #expect(await hanging.value.failure?.code == .timeout)
    try await eventually("counted back") { instance.stats.stuckFrames == 0 }
    await bench.end()
  }

  @Test func `a call that answered but stays inside is waited for by nobody`() async throws {
    let bench = try await Bench("moody")
    let instance = try await bench.guardrail()
    #expect(await instance.ask("answer, then stay").value?.action == .allow)
    try await eventually("the counts settle") { instance.stats.framesInside == 1 && instance.stats.inFlight == 0 }
    #expect(await instance.ask("release").value != nil)
    try await eventually("out") { instance.stats.framesInside == 0 }
    await bench.end()
  }
}

/// A thread that runs tasks, as an event loop would.
final class OneThread: TaskExecutor {
  private let queue = Monitor<[UnownedJob]>([])
  private let count = Atomic<Int>(0)
  var jobs: Int { count.load(ordering: .relaxed) }

  init() {
    let started = HostThread.start("one") { [queue, self] in
      while true {
        guard let job = queue.wait(until: nil, { $0.isEmpty ? nil : $0.removeFirst() }) else { return }
        job.runSynchronously(on: self.asUnownedTaskExecutor())
      }
    }
    precondition(started)
  }

  func enqueue(_ job: UnownedJob) {
    count.wrappingAdd(1, ordering: .relaxed)
    queue.withLock { $0.append(job) }
    queue.signal()
  }
}
