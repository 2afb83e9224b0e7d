import Foundation
import NIOCore
import Testing

@testable import Host

/// Libraries that are wrong once their code runs: found out in the child.
@Suite struct DescribeTests {
  @Test(arguments: [
    ("CRASH", "crashes when loaded: signal 11"), ("EXIT", "ends the process when loaded: exit status 3"),
    ("HANG", "does not return within"),
  ])
  func `a constructor that misbehaves does so in the child`(what: String, reason: String) async throws {
    let bench = try await Bench("constructor", [what]) { $0.describeTimeout = what == "HANG" ? .milliseconds(500) : .seconds(20) }
    let refusal = try bench.refusal()
    #expect(refusal.rule == .describe)
    // AddressSanitizer turns the signal into an exit status.
    #expect(refusal.reason.contains(reason) || Bench.isSanitized && what == "CRASH", "\(refusal)")
    await bench.end()
  }

  @Test func `a constructor that writes to every descriptor is refused`() async throws {
    let bench = try await Bench("constructor", ["GARBAGE"])
    let refusal = try bench.refusal()
    #expect(refusal.rule == .describe && refusal.reason == "gives garbage when loaded")
    await bench.end()
  }

  @Test(arguments: [
    ("REFUSES", PluginRefusal.Rule.abiVersion), ("DIFFERENT", .tables), ("PLUGIN_SIZE", .tables), ("PROVIDER_SIZE", .tables),
    ("VTABLE_SIZE", .tables),
    ("NO_PROVIDERS", .tables), ("MANY_PROVIDERS", .tables), ("NULL_PROVIDERS", .tables), ("NULL_PROVIDER", .tables), ("NULL_ID", .tables),
    ("BAD_ID", .tables), ("LONG_NAME", .tables), ("NAME_NOT_UTF8", .tables), ("NULL_CREATE", .tables), ("NULL_DESTROY", .tables),
    ("NULL_VTABLE", .tables), ("NULL_CHECK", .tables), ("BAD_SCHEMA", .tables), ("USELESS_SCHEMA", .tables), ("SAME_NAME_TWICE", .tables),
    ("WRONG_MINOR", .abiVersion),
    ("WILD_POINTER", .describe),
  ])
  func `tables that break the ABI are refused`(macro: String, rule: PluginRefusal.Rule) async throws {
    let bench = try await Bench("tables", [macro])
    let refusal = try bench.refusal()
    #expect(refusal.rule == rule, "\(refusal)")
    #expect(bench.host.providers.isEmpty)
    await bench.end()
  }

  @Test func `another major version is named`() async throws {
    let bench = try await Bench("wrong_major")
    let refusal = try bench.refusal()
    #expect(refusal.rule == .abiVersion && refusal.reason.contains("smg_plugin_entry_v7"))
    await bench.end()
  }

  @Test func `a provider of an unknown kind is skipped, the others stay`() async throws {
    let bench = try await Bench("tables", ["UNKNOWN_KIND"])
    try bench.host.load()
    #expect(bench.host.providers.map(\.name) == ["test"] && bench.host.refusals.isEmpty)
    #expect(bench.log.contains("\"future\" of kind 42"))
    await bench.end()
  }

  @Test func `without a describing binary nothing is loaded`() async throws {
    let bench = try await Bench("good") { $0.describerPath = "/nonexistent/gateway" }
    let refusal = try bench.refusal()
    #expect(refusal.rule == .describe && refusal.reason.contains("/nonexistent/gateway"))
    await bench.end()
  }
}
