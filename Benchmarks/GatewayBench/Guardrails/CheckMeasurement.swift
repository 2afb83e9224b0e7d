internal import Glibc
internal import Host
internal import JSON
internal import NIOCore
internal import NIOPosix

/// What one guardrail check costs, through the gateway's own plugin host: request built, call opened, boundary crossed, verdict read and checked. Runs on an event
/// loop, as it does in the gateway.
struct CheckMeasurement {
  /// A guardrail to be measured.
  struct Candidate: Sendable {
    var name: String
    var provider: String
    var config: JSONValue
    var blockedText: String
  }

  /// Where the guardrail runs.
  enum Place: String, Sendable {
    case eventLoop = "event loop"
    case pool
    case isolated = "own process"

    /// Checks between two looks at the clock.
    fileprivate var batch: Int { self == .eventLoop ? 16 : 1 }
    /// Where it runs indeed: a library built with the gateway needs no word to be called on event loops, and one without the promise is never.
    fileprivate func found(_ stats: PluginStats) -> Self { stats.isIsolated ? .isolated : stats.isInline ? .eventLoop : .pool }
    fileprivate var mode: PluginMode { self == .isolated ? .isolated(SandboxRules()) : .inProcess }
  }

  struct Result: Sendable {
    var guardrail: String
    var textBytes: Int
    var place: Place
    /// Nanoseconds a check: medians and 99th percentiles over batches (inline) or single checks (pool).
    var p50: Double
    var p99: Double
    /// Nanoseconds of processor time a check, of this process and the plugin's own. Steadier than the times, which wait for sleeping cores to wake.
    var cpu: Double
    /// With ``CheckMeasurement/sideBySide`` checks under way at once.
    var checksPerSecond: Double
  }

  static let sideBySide = 32

  let host: PluginHost
  let sizes: [Int]
  let seconds: Double

  func run(_ candidate: Candidate, in places: [Place] = [.eventLoop, .pool]) async throws -> [Result] {
    var results: [Result] = []
    for place in places {
      let instance = try await host.bind(
        BindingSpec(
          kind: .guardrail, bindingName: "\(candidate.provider), \(place.rawValue)", provider: candidate.provider,
          configJSON: candidate.config.serialized(), trustInline: place == .eventLoop, mode: place.mode))
      for size in sizes {
        let request = Self.request(text: Self.text(bytes: size))
        try await Self.verify(instance, Self.request(text: candidate.blockedText), .block)
        for _ in 0..<200 { try await Self.verify(instance, request, .allow) }
        let processes = [getpid(), instance.stats.processID].filter { $0 > 0 }.map { ProcessUsage(pid: $0) }
        let before = processes.map(\.cpuNanoseconds)
        let samples = try await Self.samples(instance, request, seconds: seconds, batch: place.batch)
        let cpu = zip(before, processes.map(\.cpuNanoseconds)).reduce(0) { $0 + Double($1.1) - Double($1.0) }
        results.append(
          Result(
            guardrail: candidate.name, textBytes: size, place: place.found(instance.stats), p50: Statistics.percentile(samples, 0.5),
            p99: Statistics.percentile(samples, 0.99), cpu: cpu / Double(samples.count * place.batch),
            checksPerSecond: try await Self.throughput(instance, request, seconds: seconds)))
      }
      await instance.retire(deadline: .now() + .seconds(5))
    }
    return results
  }

  /// Nanoseconds of one check each, ascending. The clock is read once a batch.
  private static func samples(_ instance: PluginInstance, _ request: GuardrailRequest, seconds: Double, batch: Int) async throws -> [UInt64]
  {
    let task = Task(executorPreference: LoopExecutor(MultiThreadedEventLoopGroup.singleton.next())) {
      var samples: [UInt64] = []
      samples.reserveCapacity(1 << 18)
      let end = MonotonicClock.now() + UInt64(seconds * 1e9)
      var now = MonotonicClock.now()
      while now < end {
        let start = now
        for _ in 0..<batch { try await Self.verify(instance, request, .allow) }
        now = MonotonicClock.now()
        samples.append((now - start) / UInt64(batch))
      }
      return samples.sorted()
    }
    return try await task.value
  }

  /// Checks a second, ``sideBySide`` at once, all from one event loop.
  private static func throughput(_ instance: PluginInstance, _ request: GuardrailRequest, seconds: Double) async throws -> Double {
    let loop = LoopExecutor(MultiThreadedEventLoopGroup.singleton.next())
    let start = MonotonicClock.now()
    let end = start + UInt64(seconds * 1e9)
    let tasks = (0..<sideBySide).map { _ in
      Task(executorPreference: loop) {
        var checks = 0
        while MonotonicClock.now() < end {
          try await Self.verify(instance, request, .allow)
          checks += 1
          await Task.yield()
        }
        return checks
      }
    }
    var checks = 0
    for task in tasks { checks += try await task.value }
    return Double(checks) / (Double(MonotonicClock.now() - start) / 1e9)
  }

  private static func verify(_ instance: PluginInstance, _ request: GuardrailRequest, _ expected: Verdict.Action) async throws {
    switch await instance.check(request, deadline: .now() + .seconds(15)) {
    case .value(let verdict) where verdict.action == expected: return
    case .value(let verdict): throw BenchError("\(instance.bindingName): \(verdict.action) instead of \(expected)")
    case .refused: throw BenchError("\(instance.bindingName): refused")
    case .failed(let failure): throw BenchError("\(instance.bindingName): \(failure)")
    }
  }

  private static func request(text: String) -> GuardrailRequest {
    let context = CallContext(
      requestID: "0123456789abcdef", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      principal: "user_project_config",
      session: "user_project_config", projectID: "project", userID: "user", configID: "config")
    return GuardrailRequest(
      context: context, phase: .input, surface: "tools/call", server: "echo_server", item: "echo",
      policyJSON: Array(#"{"enabled":true,"policy_name":"keywords","block":["keyword_detector"]}"#.utf8), policyRevision: "1",
      segments: [Segment(pointer: "/params/arguments/message", text: text)])
  }

  private static func text(bytes: Int) -> String {
    let sentence = "The quick onyx goblin jumps over the lazy dwarf while five boxing wizards watch; "
    return String(String(repeating: sentence, count: bytes / sentence.utf8.count + 1).prefix(bytes))
  }
}

extension CheckMeasurement.Candidate {
  static let c = Self(name: "C, 5 lines", provider: CGuardrail.provider, config: [:], blockedText: CGuardrail.blockedPrefix)

  /// The keyword guardrail with so many keywords of eight to sixteen letters, none of which is in the measured text.
  static func keywords(_ count: Int) -> Self {
    var generator = SplitMix(state: 20_260_728)
    let words = (0..<count).map { _ in
      let length = 8 + Int(generator.next() % 9)
      return JSONValue(String(decoding: (0..<length).map { _ in UInt8(ascii: "a") + UInt8(generator.next() % 26) }, as: UTF8.self))
    }
    return Self(
      name: "keywords, \(count)", provider: "custom_keyword", config: ["blocked_keywords": .array(words)],
      blockedText: "say \(words.last?.stringValue ?? "") now")
  }
}

/// The same numbers in every run.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
