import Foundation
import NIOCore
import PluginABI
import Testing

@testable import Host

#if arch(x86_64)
  /// A plugin that was built when this minor of the ABI was made, and never since: it must go on working. Prebuilt/README.md says what to do when it does not.
  @Suite struct PrebuiltTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Prebuilt/abi-0.\(SMG_ABI_MINOR)-x86_64.so")

    private func bench(keys: Keys = Keys()) async throws -> Bench {
      try #require(FileManager.default.fileExists(atPath: Self.file.path), "there is no prebuilt plugin of ABI 0.\(SMG_ABI_MINOR)")
      let bench = try await Bench([], keys: keys)
      try FileManager.default.copyItem(at: Self.file, to: bench.folder.appendingPathComponent("libprebuilt.so"))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: bench.path("prebuilt"))
      try bench.host.load()
      try #require(bench.host.refusals == [] && bench.host.providers.count == 3, "\(bench.host.refusals)")
      return bench
    }

    private func bind(_ kind: ProviderKind, _ bench: Bench, _ mode: PluginMode, _ config: String = "{}") async throws -> PluginInstance {
      try await bench.host.bind(
        BindingSpec(
          kind: kind, bindingName: "b", provider: "prebuilt", configJSON: Array(config.utf8), createTimeout: .seconds(20), mode: mode))
    }

    @Test(arguments: Bench.modes) func `its guardrail judges as it did`(mode: PluginMode) async throws {
      let bench = try await bench()
      let instance = try await bind(.guardrail, bench, mode)
      #expect(await instance.health(deadline: .now() + .seconds(20)).failure == nil)
      let blocked = try #require(await instance.check(.about("evil", "words"), deadline: .now() + .seconds(20)).value)
      #expect(blocked.action == .block)
      #expect(
        blocked.violations.map {
          "\($0.category) \($0.code) \($0.message) \($0.evidenceJSON) \($0.score) \($0.segment ?? -1) \($0.start)-\($0.end)"
        }
          == ["word W1 an evil word {\"word\":\"evil\"} 0.75 1 1-3"])
      let changed = try #require(await instance.ask("plain").value)
      #expect(changed.action == .transform && changed.replacements.map(\.text) == ["better"])
      #expect(changed.callState != nil && changed.sessionState != nil)
      #expect(await instance.ask("later").value?.metadataJSON == "{\"when\":\"later\"}")
      #expect(await instance.ask("else").value?.metadataJSON == "{\"asked\":\"1 tools/call echo say 1 /params/arguments/0 1\"}")
      await #expect(throws: PluginHostError.self) { try await bind(.guardrail, bench, mode, "{\"refuse\":true}") }
      await #expect(throws: PluginHostError.self) { try await bind(.guardrail, bench, mode, "{\"other\":true}") }
      await bench.end()
      #expect(bench.metrics.count("stopped") == 1)
    }

    @Test(arguments: Bench.modes) func `its auth provider knows callers and brings what they see`(mode: PluginMode) async throws {
      let record = KeyRecord(keyID: "k1", projectID: "p", userID: "u", configID: "c", role: "admin", revision: 7)
      let bench = try await bench(keys: Keys(records: ["right": record]))
      let instance = try await bind(.auth, bench, mode)
      func ask(_ key: String) async -> PluginReply<Identity> {
        let request = AuthRequest(
          context: CallContext(), headers: [("authorization", key)], method: "POST", target: "/mcp", transport: "http")
        return await instance.authenticate(request, deadline: .now() + .seconds(20))
      }
      let known = try #require(await ask("right").value)
      #expect(
        known
          == Identity(
            subject: "k1", projectID: "p", userID: "u", configID: "c", role: "admin", claimsJSON: Array("{\"by\":\"key\"}".utf8),
            ttlNanoseconds: 7, vary: ["authorization"]))
      #expect(
        await ask("wrong").refusal
          == Refusal(status: .unauthenticated, code: "AUTH_001", wwwAuthenticate: "Bearer realm=\"x\"", message: "nobody"))
      #expect(instance.fetchesConfigs)
      func fetch(_ etag: String) async -> FetchedDocument? {
        await instance.fetchConfig(ConfigQuestion(context: CallContext(), identity: known, etag: etag), deadline: .now() + .seconds(20))
          .value
      }
      #expect(await fetch("") == FetchedDocument(.json(Array("{\"of\":\"k1\"}".utf8)), etag: "1", ttlNanoseconds: 9))
      #expect(await fetch("1") == FetchedDocument(.unchanged, etag: "1"))
      await bench.end()
    }

    @Test(arguments: Bench.modes) func `its telemetry provider gets everything`(mode: PluginMode) async throws {
      let bench = try await bench()
      let instance = try await bind(.telemetry, bench, mode)
      #expect(instance.wantsLogs && instance.wantsSpans && instance.wantsMetrics)
      let record = TelemetryRecord(
        kind: .span, timeUnixNanoseconds: 5, name: "work", scope: "gateway", attributes: [TelemetryAttribute("n", .int(-3))])
      instance.emit(resource: [("service.name", "gw")], records: [record])
      let metric = MetricsSnapshot.Metric(kind: .gauge, name: "load", points: [MetricsSnapshot.Point(value: 4.5)])
      instance.exportMetrics(resource: [], snapshot: MetricsSnapshot(startUnixNanoseconds: 1, timeUnixNanoseconds: 2, metrics: [metric]))
      #expect(await instance.flush(deadline: .now() + .seconds(20)).failure == nil)
      func said(_ name: String) -> [String] {
        bench.metrics.all.filter { $0.name == name }.map { "\($0.value) \($0.labels.first?.value ?? "")" }
      }
      #expect(said("record") == ["5.0 2 work 1 1"] && said("metric") == ["4.5 1 load 0"])
      await bench.end()
    }
  }
#endif
