import PluginABI
import PluginSDK
import PluginTesting
import Synchronization
import Testing

/// The SDK's promises to the host, on providers made for it.
@Suite struct SDKTests {
  /// Answers as its configuration says.
  struct Scripted: GuardrailProvider {
    static let name = "scripted"
    static let configSchema = "{}"
    static let phases: GuardrailPhases = [.input, .output]
    static let options: GuardrailOptions = [.binary]
    let script: String
    let host: PluginServices

    init(config: PluginConfig, host: PluginServices) throws {
      script = config.text
      self.host = host
      switch script {
      case "invalid": throw PluginError.invalid("blocked_keywords: expected an array")
      case "down": throw PluginError.unavailable("not now")
      case "strange": throw StrangeError()
      default: break
      }
    }

    struct StrangeError: Error, CustomStringConvertible { let description = "strange" }

    func check(_ request: GuardrailRequest) throws -> Verdict {
      switch script {
      case "throw": throw PluginError(.unavailable, "later", retryAfterMilliseconds: 250)
      case "throw strange": throw StrangeError()
      case "echo":
        let first = request.segments[0]
        return Verdict(
          action: .transform,
          violations: [
            Violation(
              category: "c", code: "d", message: first.path.string, evidenceJSON: Array("{}".utf8), score: 0.5,
              place: .init(segment: 0, range: 1..<3)),
            Violation(category: "whole", code: "", message: ""),
          ], replacements: [Replacement(segment: 0, text: first.text.string.uppercased())], callState: Array("call".utf8),
          sessionState: Array("session".utf8), metadataJSON: Array(#"{"a":1}"#.utf8))
      case "context":
        let context = request.context.copy
        host.log(.warning, "\(context.requestID) \(request.surface.string)", [("session", context.session), ("empty", "")])
        host.metrics?.record(.counter, "checks", value: 2, labels: [("phase", "\(request.phase.rawValue)")])
        return .allow
      default: return .allow
      }
    }

    func health() throws { if script == "ill" { throw PluginError.unavailable("ill") } }
  }

  /// Waits for its timer before it answers.
  struct Waiting: AsyncGuardrailProvider {
    static let name = "waiting"
    static let configSchema = "{}"
    let timer: PluginTimer

    init(config: PluginConfig, host: PluginServices) throws {
      guard let timer = host.timer else { throw PluginError.unavailable("no timer") }
      self.timer = timer
    }

    func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
      try await timer.sleep(nanoseconds: 1_000_000)
      return .transform([Replacement(segment: 0, text: request.segments[0].text + "!")])
    }
  }

  /// Ends only when it is let go, whatever happens.
  struct Stubborn: AsyncGuardrailProvider {
    static let name = "stubborn"
    static let configSchema = "{}"
    static let isLetGo = Atomic<Bool>(false)
    init(config: PluginConfig, host: PluginServices) throws {}
    func check(_ request: GuardrailRequest.Copy) async -> Verdict {
      while !Self.isLetGo.load(ordering: .relaxed) { await Task.yield() }
      return .allow
    }
  }

  static let plugin = Plugin(
    id: "test.sdk", version: "1", vendor: "tests", license: "none",
    providers: [Provider(Scripted.self, names: ["scripted", "alias"]), Provider(Waiting.self), Provider(Stubborn.self)])

  private func instance(_ name: String = "scripted", _ script: String = "", host: FakeHost = FakeHost(expects: .verdict)) throws
    -> TestInstance
  {
    try TestInstance(#require(Self.plugin.entry(SMG_ABI_MINOR)), name, config: script, host: host)
  }

  @Test func `the tables say what the types say`() throws {
    let table = try #require(Self.plugin.entry(SMG_ABI_MINOR))
    #expect(String(cString: table.pointee.id) == "test.sdk")
    #expect(table.providerTables.map { String(cString: $0.name) } == ["scripted", "alias", "waiting", "stubborn"])
    let scripted = try instance().vtable(smg_guardrail.self)
    #expect(scripted.phases == SMG_PHASE_INPUT | SMG_PHASE_OUTPUT)
    #expect(scripted.flags == SMG_GF_BINARY)
    #expect(scripted.cancel == nil)
    #expect(try instance("waiting").vtable(smg_guardrail.self).cancel != nil)
    #expect(Self.plugin.entry(SMG_ABI_MINOR + 1) == nil)
  }

  @Test(arguments: [
    ("invalid", SMG_E_INVALID, "blocked_keywords: expected an array"), ("down", SMG_E_UNAVAILABLE, "not now"),
    ("strange", SMG_E_INVALID, "strange"),
  ])
  func `an error in init refuses the configuration in its words`(script: String, status: smg_status, message: String) throws {
    let error = #expect(throws: CreateRefused.self) { try instance("scripted", script) }
    #expect(error?.status == status)
    #expect(error?.message == message)
  }

  @Test func `a host with smaller tables is refused, one without services is not`() throws {
    let small = FakeHost(expects: .verdict)
    small.table.pointee.size = 8
    #expect(throws: CreateRefused.self) { try instance(host: small) }
    let bare = FakeHost(expects: .verdict, offered: [])
    #expect(try instance("scripted", "context", host: bare).check(["x"]).action == SMG_ALLOW)
  }

  @Test func `a verdict crosses whole`() throws {
    let found = try instance("alias", "echo").check(["abc"])
    #expect(found.action == SMG_TRANSFORM)
    let violation = try #require(found.violations.first)
    #expect(
      violation
        == .init(
          category: "c", code: "d", message: "/params/arguments/0", evidence: "{}", score: 0.5, segment: 0, start: 1, end: 3))
    #expect(found.violations.last?.segment == SMG_NO_SEGMENT)
    #expect(found.replacements.map(\.text) == ["ABC"])
    #expect((found.callState, found.sessionState, found.metadata) == ("call", "session", #"{"a":1}"#))
  }

  @Test(arguments: [("throw", SMG_E_UNAVAILABLE, "later", 250), ("throw strange", SMG_E_INTERNAL, "strange", 0)])
  func `an error in an operation is a failure with its message`(script: String, status: smg_status, message: String, retry: UInt32) throws {
    let instance = try instance("scripted", script)
    let completion = try instance.completion(of: instance.startCheck(["x"]))
    #expect(completion.status == status)
    #expect(completion.message == message)
    #expect(completion.retryAfterMilliseconds == retry)
  }

  @Test func `context, log and metrics go through`() throws {
    let host = FakeHost(expects: .verdict)
    _ = try instance("scripted", "context", host: host).check(["x"], phase: SMG_PHASE_OUTPUT)
    let (logs, metrics) = host.state.withLock { ($0.logs, $0.metrics) }
    #expect(logs.map(\.message) == ["request-1 tools/call"])
    #expect(logs.first?.fields == ["session": "session-1", "empty": ""])
    #expect(metrics.map(\.name) == ["checks"])
    #expect(metrics.first?.labels == ["phase": "2"])
  }

  @Test func `health is what the provider says`() throws {
    #expect(try instance().health().status == SMG_OK)
    let ill = try instance("scripted", "ill").health()
    #expect(ill.status == SMG_E_UNAVAILABLE)
    #expect(ill.message == "ill")
  }

  @Test func `a structure that is too small is answered, not read`() throws {
    let instance = try instance()
    let memory = Memory()
    let call = instance.open()
    let header = memory.array([UInt32(8), SMG_PHASE_INPUT])
    header.withMemoryRebound(to: smg_guard_request.self, capacity: 1) {
      instance.vtable(smg_guardrail.self).check(instance.pointer, call, $0)
    }
    #expect(try instance.completion(of: call).status == SMG_E_INVALID)
  }

  @Test func `an operation that waits is completed once, later`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance("waiting", host: host)
    let calls = (0..<20).map { _ in instance.startCheck(["x"]) }
    #expect(await eventually { host.state.withLock { $0.timers.count } == 20 })
    #expect(host.completions.isEmpty)
    for id in host.state.withLock({ Array($0.timers.keys) }) { host.fire(id, SMG_OK) }
    #expect(await eventually { host.completions.count == 20 })
    for call in calls { #expect(try instance.found(instance.completion(of: call)).replacements.map(\.text) == ["x!"]) }
  }

  @Test func `cancelling a call ends its task and its timer`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance("waiting", host: host)
    let (first, second) = (instance.startCheck(["x"]), instance.startCheck(["y"]))
    #expect(await eventually { host.state.withLock { $0.timers.count } == 2 })
    instance.vtable(smg_guardrail.self).cancel?(instance.pointer, first)
    #expect(await eventually { host.completions.count == 1 })
    #expect(try instance.completion(of: first).status == SMG_E_CANCELLED)
    #expect(!host.completions.contains { $0.call == second })
  }

  @Test func `stop ends what waits, and nothing begins afterwards`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance("waiting", host: host)
    for _ in 0..<5 { instance.startCheck(["x"]) }
    #expect(await eventually { host.state.withLock { $0.timers.count } == 5 })
    #expect(await instance.stop(deadline: 0) == SMG_OK)
    #expect(host.completions.count == 5)
    #expect(host.completions.allSatisfy { $0.status == SMG_E_CANCELLED })
    #expect(try instance.completion(of: instance.startCheck(["late"])).status == SMG_E_CANCELLED)
    instance.destroy()
  }

  @Test func `stop says so when something is still inside at its deadline`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance("stubborn", host: host)
    instance.startCheck(["x"])
    #expect(await instance.stop(deadline: MonotonicTime.now.nanoseconds + 20_000_000) == SMG_E_TIMEOUT)
    Stubborn.isLetGo.store(true, ordering: .relaxed)
    #expect(await eventually { host.completions.count == 1 })
  }

  @Test func `destroy releases the instance`() async throws {
    final class Witness: Sendable {}
    struct Holding: GuardrailProvider {
      static let name = "holding"
      static let configSchema = "{}"
      static let latest = Mutex<Weak>(Weak())
      struct Weak { weak var witness: Witness? }
      let witness = Witness()
      init(config: PluginConfig, host: PluginServices) throws {
        let witness = witness
        Self.latest.withLock { $0.witness = witness }
      }
      func check(_ request: GuardrailRequest) -> Verdict { .allow }
    }
    let plugin = Plugin(id: "test.holding", version: "1", vendor: "t", license: "none", providers: [Provider(Holding.self)])
    let instance = try TestInstance(#require(plugin.entry(SMG_ABI_MINOR)), "holding", host: FakeHost(expects: .verdict))
    #expect(Holding.latest.withLock { $0.witness != nil })
    #expect(await instance.stop() == SMG_OK)
    instance.destroy()
    #expect(Holding.latest.withLock { $0.witness == nil })
  }
}
