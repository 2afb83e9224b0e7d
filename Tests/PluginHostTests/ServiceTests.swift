import Foundation
import NIOCore
import Testing

@testable import Host

/// What plugins may ask of the host.
@Suite struct ServiceTests {
  @Test(arguments: Bench.modes) func `interfaces are there or not`(mode: PluginMode) async throws {
    let bench = try await Bench("services")
    #expect(await (try bench.guardrail(mode: mode)).ask("interfaces").value != nil)
    for name in ["http-present", "directory-absent", "unknown-absent", "null-absent"] {
      try await eventually("\(name) is counted") { bench.metrics.count(name) == 1 }
    }
    await bench.end()
  }

  @Test(arguments: Bench.modes) func `log lines are bounded in size and number`(mode: PluginMode) async throws {
    let bench = try await Bench("services")
    let instance = try await bench.guardrail(mode: mode)
    #expect(await instance.ask("log").value != nil)
    let lines = bench.log.all.filter { $0.scope == "plugin.binding" }
    let hello = try #require(lines.first { $0.message == "hello" })
    #expect(hello.level == .warning)
    #expect(
      hello.fields.map(\.key) == ["binding", "plugin", "field"] && hello.fields.map(\.value) == ["binding", "dev.example.test", "value"])
    let big = try #require(lines.first { $0.message.hasPrefix("xxx") })
    #expect(
      big.message.utf8.count == Limits.Plugin.maxMessageBytes && big.level == .error && big.fields.count == 2 + Limits.Plugin.maxLogFields)
    #expect(lines.contains { $0.message == "\u{FFFD}\u{FFFD}" })
    try await eventually("the counts settle") { lines.count < 1_000 && instance.stats.droppedLogs > 4_000 }
    await bench.end()
  }

  @Test(arguments: Bench.modes) func `metrics are checked before they are recorded`(mode: PluginMode) async throws {
    let bench = try await Bench("services")
    let instance = try await bench.guardrail(mode: mode)
    #expect(await instance.ask("metrics").value != nil)
    let entry = try #require(bench.metrics.all.first)
    #expect(entry.kind == .histogram && entry.name == "latency" && entry.unit == "ms" && entry.value == 12.5)
    #expect(entry.labels.map(\.key) == ["label"] && entry.labels.map(\.value) == ["v"])
    try await eventually("the counts settle") { bench.metrics.all.count == 1 && instance.stats.misbehaviours == 6 }
    await bench.end()
  }

  @Test(arguments: [false, true], Bench.modes) func `timers fire once, on service threads`(serial: Bool, mode: PluginMode) async throws {
    let bench = try await Bench("services", serial ? ["FLAGS=SMG_PF_SERIAL"] : [])
    let instance = try await bench.guardrail(mode: mode)
    #expect(await instance.ask("timers").value != nil)
    try await eventually("fired") { instance.stats.owedCallbacks == 0 }
    try await eventually("the counts settle") { bench.metrics.count("fired") == 20 && bench.metrics.count("fired-cancelled") == 1 }
    for name in ["cancel-ok", "recancel-stale", "unknown-stale"] {
      try await eventually("\(name) is counted") { bench.metrics.count(name) == 1 }
    }
    if serial { #expect(bench.metrics.count("fire-overlaps") == 0) }
    await bench.end()
  }

  @Test func `timers of one instance are bounded`() async throws {
    let bench = try await Bench("services")
    let instance = try await bench.guardrail()
    #expect(await instance.ask("many").value != nil)
    try await eventually("the counts settle") {
      bench.metrics.count("bounded") == 1 && instance.stats.owedCallbacks == Limits.Plugin.maxTimersPerInstance
    }
    await instance.retire(deadline: .now() + .seconds(20))
    #expect(bench.metrics.count("fired-cancelled") == Limits.Plugin.maxTimersPerInstance && bench.metrics.count("destroyed") == 1)
    await bench.end()
  }

  @Test(arguments: [true, false], Bench.modes)
  func `auth providers find keys in the directory`(inline: Bool, mode: PluginMode) async throws {
    let record = KeyRecord(keyID: "k1", projectID: "p", userID: "u", configID: "c", role: "admin", revision: 7)
    var disabled = record
    disabled.flags = .disabled
    let bench = try await Bench([("auth", "auth", [])], keys: Keys(records: ["right": record, "old": disabled]))
    try bench.host.load()
    let instance = try await bench.host.bind(
      BindingSpec(kind: .auth, bindingName: "auth", provider: "test_auth", trustInline: inline, mode: mode))
    func ask(_ key: String) async -> PluginReply<Identity> {
      let request = AuthRequest(
        context: CallContext(), headers: [("host", "x"), ("apikey", key)], method: "POST", target: "/mcp", transport: "http")
      return await instance.authenticate(request, deadline: .now() + .seconds(10))
    }
    let identity = try #require(await ask("right").value)
    #expect(
      identity
        == Identity(
          subject: "k1", projectID: "p", userID: "u", configID: "c", role: "admin", claimsJSON: Array("{\"a\":1}".utf8), ttlNanoseconds: 5,
          vary: ["apikey"]))
    #expect(await ask("wrong").refusal == Refusal(status: .unauthenticated, message: "no such key"))
    #expect(await ask("").refusal?.status == .unauthenticated)
    #expect(await ask(String(repeating: "k", count: 10_000)).refusal?.status == .unauthenticated)
    let refusal = Refusal(status: .forbidden, code: "AUTH_009", wwwAuthenticate: "Bearer error=\"invalid_token\"", message: "disabled")
    #expect(await ask("old").refusal == refusal)
    #expect(await ask("empty-subject").failure?.code == .malformed)
    #expect(await ask("bad-challenge").failure?.code == .malformed)
    await bench.end()
  }
}
