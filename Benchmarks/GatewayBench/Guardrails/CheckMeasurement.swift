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
  }

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
        let samples = try await Self.samples(
          instance, size: size, seconds: seconds, batch: place.batch, blocked: candidate.blockedText)
        results.append(
          Result(
            guardrail: candidate.name, textBytes: size, place: place.found(instance.stats), p50: Statistics.percentile(samples, 0.5),
            p99: Statistics.percentile(samples, 0.99)))
      }
      await instance.retire(deadline: .now() + .seconds(5))
    }
    return results
  }

  /// Nanoseconds of one check each, ascending. The clock is read once a batch.
  private static func samples(_ instance: PluginInstance, size: Int, seconds: Double, batch: Int, blocked: String) async throws -> [UInt64]
  {
    let group = MultiThreadedEventLoopGroup.singleton
    let loop = group.next()
    let task = Task(executorPreference: LoopExecutor(loop)) {
      let request = Self.request(text: Self.text(bytes: size))
      try await Self.verify(instance, request, .allow)
      try await Self.verify(instance, Self.request(text: blocked), .block)
      for _ in 0..<200 { try await Self.verify(instance, request, .allow) }
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
