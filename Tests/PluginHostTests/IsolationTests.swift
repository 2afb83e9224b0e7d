import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Host

/// Restarts without waiting.
final class QuickClock: RestartClock {
  private let time = Atomic<UInt64>(1)
  /// The longest pause that was asked for, in nanoseconds.
  let longest = Atomic<UInt64>(0)

  var now: UInt64 { time.load(ordering: .sequentiallyConsistent) }

  func wait(until moment: UInt64) -> UInt64 {
    let now = now
    if moment > now {
      longest.store(max(longest.load(ordering: .relaxed), moment - now), ordering: .relaxed)
      time.store(moment, ordering: .sequentiallyConsistent)
    }
    return 0
  }
}

@Suite struct IsolationTests {
  private static let isolated = PluginMode.isolated(SandboxRules())

  private func bench(_ source: String, _ defines: [String] = [], clock: QuickClock = QuickClock()) async throws -> Bench {
    try await Bench(source, defines) { $0.restartClock = clock }
  }

  /// Asks until the process that replaces an ended one answers.
  private func recovers(_ instance: PluginInstance, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while true {
      if await instance.ask("hello").value != nil { return }
      try #require(ContinuousClock.now < deadline, "it does not come back", sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test(arguments: [0, 1, 2, 3]) func `an isolated guardrail judges as it does in process`(flags: Int) async throws {
    let bench = try await bench("services", ["FLAGS=\(flags)"])
    let instance = try await bench.guardrail(mode: Self.isolated)
    #expect(instance.stats.isIsolated)
    #expect(await instance.ask("hello").value?.action == .allow)
    #expect(await instance.health(deadline: .now() + .seconds(10)).value != nil)
    await bench.end()
    try await eventually("it is destroyed") { bench.metrics.count("destroyed") == 1 }
    #expect(bench.metrics.count("stopped") == 1)
    #expect(!instance.stats.isLeaked)
  }

  /// AddressSanitizer turns a bad access into an exit status, and needs more memory than a plugin may have.
  private static let ends =
    [
      ("segfault", Bench.isSanitized ? "exit status 1" : "signal 11"), ("abort", "signal 6"), ("exit", "exit status 7"),
      ("last words", "the last words"), ("garbage", "no plugin's process"),
    ] + (Bench.isSanitized ? [] : [("leak", "signal 6")])

  @Test(arguments: ends)
  func `the end of its process fails the call, and another process takes over`(text: String, reason: String) async throws {
    var rules = SandboxRules()
    rules.memoryBytes = 256 << 20
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: .isolated(rules))
    for _ in 1...2 {
      let failure = try #require(await instance.ask(text, .seconds(60)).failure)
      #expect(failure.code == .internal, "\(failure)")
      try await recovers(instance)
    }
    #expect(instance.stats.processEnds == 2)
    #expect(bench.log.contains(reason), "\(bench.log.all.map(\.message))")
    await bench.end()
  }

  @Test(arguments: ["spin", "deadlock", "stop yourself"])
  func `a plugin that does not return is ended with its process`(text: String) async throws {
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: Self.isolated)
    let failure = try #require(await instance.ask(text, .milliseconds(200)).failure)
    #expect(failure.code == .timeout)
    try await eventually("its process is ended", within: 30) { instance.stats.processEnds == 1 }
    try await recovers(instance)
    #expect(bench.log.contains("a call is over and the plugin has not left it"))
    await bench.end()
  }

  @Test func `a plugin that closes the connection ends its process`() async throws {
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: Self.isolated)
    // The thread that reads hears of it at the next message at the latest: that the call is over.
    #expect(await instance.ask("close", .milliseconds(200)).failure != nil)
    try await eventually("its process has ended", within: 30) { instance.stats.processEnds == 1 }
    try await recovers(instance)
    await bench.end()
  }

  @Test func `a plugin that never stops making threads is ended`() async throws {
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: Self.isolated)
    #expect(try #require(await instance.ask("threads", .seconds(60)).failure).code == .internal)
    try await recovers(instance)
    #expect(bench.log.contains("threads, allowed are \(Limits.Plugin.maxIsolatedThreads)"), "\(bench.log.all.map(\.message))")
    await bench.end()
  }

  @Test(arguments: [("descriptors", "cannot be received"), ("pieces", "another size than announced")])
  func `what no process of ours sends ends it, and leaves nothing behind`(text: String, reason: String) async throws {
    let clock = QuickClock()
    let bench = try await bench("doomed", clock: clock)
    let instance = try await bench.guardrail(mode: Self.isolated)
    try await recovers(instance)
    let before = Self.usage().descriptors
    for _ in 0..<10 {
      #expect(try #require(await instance.ask(text, .seconds(60)).failure).code == .internal)
      try await recovers(instance)
    }
    #expect(Self.usage().descriptors <= before + 2)
    #expect(bench.log.contains(reason), "\(bench.log.all.map(\.message))")
    await bench.end()
  }

  @Test func `a plugin's process does what the sandbox lets it`() async throws {
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: Self.isolated)
    for text in [
      "fork", "run", "stdout", "socket", "read /etc/passwd", "write", "rights", "shared", "signal", "owner", "processor", "anonymous",
      "twice",
    ] {
      #expect(await instance.ask(text).value != nil, "\(text)")
    }
    let refused = [
      "fork-1", "exec-1", "socket-1", "read-13", "write-13", "rights-1", "shared-1", "signal-1", "owner-1", "processor-1", "memfd-1",
      "anonymous-1",
    ]
    for name in refused + ["wrote"] {
      #expect(bench.metrics.count(name) == 1, "\(name): \(bench.metrics.all.map(\.name))")
    }
    try await eventually("the second completion is counted") { instance.stats.staleCompletions == 1 }
    #expect(instance.stats.processEnds == 0)
    await bench.end()
  }

  @Test(arguments: [100, 60 << 10, 70 << 10, 5 << 20]) func `texts of any size arrive whole and come back whole`(bytes: Int) async throws {
    let bench = try await bench("echo")
    let instance = try await bench.guardrail(mode: Self.isolated)
    let text = String(repeating: "é", count: bytes / 2 - 1) + "zz"
    let verdict = try #require(await instance.ask(text, .seconds(60)).value)
    #expect(verdict.action == .transform && verdict.replacements.map(\.text) == [text])
    #expect(verdict.callState?.count == text.utf8.count % 1_000_000)
    await bench.end()
  }

  @Test func `calls side by side are answered each with its own`() async throws {
    let bench = try await bench("echo")
    let instance = try await bench.guardrail(mode: Self.isolated)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<16 {
        group.addTask {
          for number in 0..<50 {
            let text = "\(worker)-\(number)" + String(repeating: "x", count: number * 3_000)
            let verdict = await instance.ask(text, .seconds(60)).value
            #expect(verdict?.replacements.map(\.text) == [text])
          }
        }
      }
    }
    #expect(instance.stats.failures == 0 && instance.stats.staleCompletions == 0)
    await bench.end()
  }

  @Test func `memory and descriptors stay flat however often it crashes`() async throws {
    let clock = QuickClock()
    let bench = try await bench("doomed", clock: clock)
    let instance = try await bench.guardrail(mode: Self.isolated)
    let crashes = ProcessInfo.processInfo.environment["SMG_CRASHES"].flatMap { Int($0) } ?? 150
    func crash(_ count: Int) async throws {
      for _ in 0..<count {
        #expect(await instance.ask("segfault", .seconds(60)).failure?.code == .internal)
        try await recovers(instance)
      }
    }
    try await crash(50)
    let before = Self.usage()
    try await crash(crashes)
    let after = Self.usage()
    #expect(instance.stats.processEnds == UInt64(50 + crashes))
    #expect(after.descriptors <= before.descriptors + 2)
    // AddressSanitizer keeps freed memory for a while.
    #expect(Bench.isSanitized || after.bytes <= before.bytes + 4 << 20, "\(before) \(after)")
    // Waited for, but not by us.
    #expect(clock.longest.load(ordering: .relaxed) == UInt64(Limits.Plugin.longestRestartPause.nanoseconds))
    await bench.end()
  }

  /// Of this process.
  private static func usage() -> (bytes: Int, descriptors: Int) {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")[1] ?? ""
    let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
    return ((Int(pages) ?? 0) * Int(getpagesize()), descriptors)
  }

  @Test func `pauses between restarts grow, and end when a process lives`() {
    var backoff = RestartBackoff()
    var now: UInt64 = 1_000
    var pauses: [UInt64] = []
    for _ in 0..<12 {
      backoff.started(now: now)
      pauses.append(backoff.ended(now: now) / 1_000_000)
      now += 1
    }
    #expect(pauses == [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000])
    backoff.started(now: now)
    #expect(backoff.ended(now: now + UInt64(Limits.Plugin.restartCalm.nanoseconds)) == 0)
  }

  @Test func `a binding may read what it is allowed to`() async throws {
    var rules = SandboxRules()
    rules.readablePaths = ["/etc/passwd"]
    rules.mayUseNetwork = true
    let bench = try await bench("doomed")
    let instance = try await bench.guardrail(mode: .isolated(rules))
    for text in ["read /etc/passwd", "read /etc/group", "socket"] { #expect(await instance.ask(text).value != nil) }
    for name in ["read-0", "read-13", "socket-0"] {
      #expect(bench.metrics.count(name) == 1, "\(name): \(bench.metrics.all.map(\.name))")
    }
    await bench.end()
  }
}
