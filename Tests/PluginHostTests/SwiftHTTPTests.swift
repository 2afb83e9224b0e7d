import Egress
import NIOCore
import NIOHTTP1
import PluginABI
import Testing

@testable import Host

/// The SDK's HTTP client on the host's service: a guardrail in Swift, part of this program, that asks a service on this machine.
@Suite struct SwiftHTTPTests {
  private struct Asking {
    let service: VerdictService
    let runtime: PluginRuntime
    let log = LogBook()

    init() async throws {
      service = try await VerdictService()
      runtime = try PluginRuntime(settings: PluginSettings(searchPaths: []), egress: Bench.egress)
    }

    func instance(_ path: String = "/verdict", allow: [String]? = nil) async throws -> PluginInstance {
      let plugin = try #require(SwiftAsking.table(minor: SMG_ABI_MINOR))
      let listing = ProviderListing(
        kind: .guardrail, name: "swift_asking", pluginID: "test.swift-asking", version: "1", vendor: "", license: "", path: "", sha256: "",
        flags: [], configSchemaJSON: [])
      let core = InstanceCore(
        binding: "swift", table: ProviderTable(provider: plugin.pointee.providers[0], listing: listing, isBuiltIn: false),
        runtime: runtime, trustInline: false, log: Log(sink: log, scope: "plugin"), metrics: MetricBook(), directory: Keys(),
        egress: EgressRules(addresses: try AddressPolicy(allowing: allow ?? ["127.0.0.1:\(service.port)"])))
      #expect(await core.createOnPool(Array("{\"url\":\"\(service.url(path))\"}".utf8), timeout: .seconds(10)) == nil)
      return PluginInstance(core)
    }

    func end(_ instance: PluginInstance) async throws {
      await instance.retire(deadline: .now() + .seconds(10))
      #expect(!instance.stats.isLeaked && instance.stats.owedCallbacks == 0 && instance.stats.openRequests == 0)
      runtime.stop()
      try await service.stop()
    }
  }

  @Test func `a guardrail in Swift asks a service for its verdict`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance()
    let blocked = try #require(await instance.ask("a forbidden thing").value)
    #expect(blocked.action == .block && blocked.violations.map(\.message) == ["The service says no."])
    #expect(await instance.ask("a nice thing").value?.action == .allow)
    #expect(await instance.ask("twice").value?.action == .block)
    let request = try #require(asking.service.requests.first)
    #expect(request.head.method == .POST && request.body == "a forbidden thing" && request.head.headers["x-tag"] == ["swift"])
    try await asking.end(instance)
  }

  @Test func `what goes wrong is an error with a status and a message`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance()
    let tooLong = try #require(await instance.ask("short").failure)
    #expect(tooLong.code == .invalid && tooLong.message.contains("limit of 2 bytes"))
    let missing = try await asking.instance("/missing")
    #expect(await missing.ask("x").failure == PluginFailure(.unavailable, "status 404"))
    let refused = try await asking.instance(allow: [])
    let failure = try #require(await refused.ask("x").failure)
    #expect(failure.code == .invalid && failure.message.contains("loopback"))
    #expect(asking.log.contains("to egress.allow of this binding"))
    for other in [missing, refused] { await other.retire(deadline: .now() + .seconds(10)) }
    try await asking.end(instance)
  }

  @Test func `the end of a call ends its task and its request`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang")
    #expect(await instance.ask("x", .milliseconds(500)).failure?.code == .timeout)
    try await eventually("the request is over") { instance.stats.openRequests == 0 && instance.stats.owedCallbacks == 0 }
    let task = Task { await instance.ask("y") }
    try await eventually("asked") { asking.service.requests.contains { $0.body == "y" } }
    task.cancel()
    #expect(await task.value.failure?.code == .cancelled)
    try await eventually("the other is over") { instance.stats.openRequests == 0 }
    try await asking.end(instance)
  }

  @Test func `retiring ends what waits`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang")
    async let reply = instance.ask("x", .seconds(60))
    try await eventually("asked") { asking.service.requests.count == 1 }
    await instance.retire(deadline: .now() + .milliseconds(30))
    #expect(await reply.failure?.code == .unavailable)
    try await asking.end(instance)
  }

  @Test func `many at once`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance()
    let blocked = await withTaskGroup(of: Int.self) { group in
      for worker in 0..<10 {
        group.addTask {
          var blocked = 0
          for number in 0..<20 {
            let reply = await instance.ask(number % 2 == 0 ? "forbidden \(worker)" : "fine", .seconds(30))
            if reply.value?.action == .block { blocked += 1 }
            #expect(reply.value != nil, "\(reply)")
          }
          return blocked
        }
      }
      return await group.reduce(0, +)
    }
    #expect(blocked == 100 && asking.service.requests.count == 200)
    try await asking.end(instance)
  }
}
