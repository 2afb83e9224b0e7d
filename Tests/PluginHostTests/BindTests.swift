import Foundation
import NIOCore
import Testing

@testable import Host

/// From a name in the configuration to an instance.
@Suite struct BindTests {
  @Test func `an unknown name lists what there is and where it was looked for`() async throws {
    let bench = try await Bench([("good", "good", []), ("bad", "tables", ["NULL_CHECK"])])
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(name: "nobody") }
    let text = "\(try #require(error))"
    for part in ["\"nobody\"", "guardrail \"test\"", "dev.example.test", bench.folder.path, bench.path("bad"), "has no check"] {
      #expect(text.contains(part), "\(text)")
    }
    await bench.end()
  }

  @Test func `a name that two libraries offer needs the plugin's id`() async throws {
    let bench = try await Bench([("one", "good", []), ("two", "moody", ["ID=\"dev.example.moody\""])])
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail() }
    let text = "\(try #require(error))"
    #expect(text.contains(bench.path("one")) && text.contains(bench.path("two")) && text.contains("dev.example.moody"))
    let spec = BindingSpec(kind: .guardrail, bindingName: "b", provider: "test", plugin: "dev.example.moody")
    let instance = try await bench.host.bind(spec)
    #expect(instance.listing.pluginID == "dev.example.moody")
    await bench.end()
  }

  @Test func `a provider of another kind does not match`() async throws {
    let bench = try await Bench("good")
    try bench.host.load()
    await #expect(throws: PluginHostError.self) { try await bench.host.bind(BindingSpec(kind: .auth, bindingName: "b", provider: "test")) }
    await bench.end()
  }

  @Test(arguments: ["", "[]", "{\"limit\":1", "{\"limit\":1,\"limit\":2}"])
  func `a configuration that is not a JSON object is refused`(config: String) async throws {
    let bench = try await Bench("good")
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: config) }
    guard case .invalidConfiguration = try #require(error) else { return #expect(Bool(false), "\(String(describing: error))") }
    await bench.end()
  }

  @Test(arguments: [("{\"limit\":0}", "/limit"), ("{\"limit\":\"hunter2\"}", "/limit"), ("{\"limt\":1}", "limt")])
  func `a configuration that does not fit the schema is refused before create`(config: String, place: String) async throws {
    let bench = try await Bench("good")
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: config) }
    guard case .invalidConfiguration = try #require(error) else { return #expect(Bool(false), "\(String(describing: error))") }
    let text = "\(try #require(error))"
    #expect(text.contains(place) && text.contains("\"binding\"") && !text.contains("hunter2"), "\(text)")
    #expect(try await bench.guardrail(config: "{\"limit\":3}").ask("x").value != nil)
    await bench.end()
  }

  @Test func `what create says becomes the error`() async throws {
    let bench = try await Bench("create")
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: "{\"mode\":\"refuse\"}") }
    #expect("\(try #require(error))".contains("no service at this address (invalid)"))
    // A sink that is used after create has returned is closed.
    let instance = try await bench.guardrail(config: "{\"mode\":\"after\"}")
    #expect(await instance.ask("x").value != nil)
    let talks = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: "{\"mode\":\"talks\"}") }
    #expect("\(try #require(talks))".utf8.count < 5_000)
    await bench.end()
  }

  @Test func `create without an instance is an error`() async throws {
    let bench = try await Bench("create")
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: "{\"mode\":\"null\"}") }
    #expect("\(try #require(error))".contains("without an instance"))
    await bench.end()
  }

  @Test func `a crash in create is the child's`() async throws {
    let bench = try await Bench("create") { $0.probeCreate = true }
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: "{\"mode\":\"crash\"}") }
    let text = "\(try #require(error))"
    #expect(
      text.contains("crashes when created: signal 11") || Bench.isSanitized && text.contains("ends the process when created"), "\(text)")
    let hangs = await #expect(throws: PluginHostError.self) {
      try await bench.guardrail(config: "{\"mode\":\"hang\"}", timeout: .milliseconds(700))
    }
    #expect("\(try #require(hangs))".contains("does not return within"))
    let refused = await #expect(throws: PluginHostError.self) { try await bench.guardrail(config: "{\"mode\":\"refuse\"}") }
    #expect("\(try #require(refused))".contains("no service at this address"))
    #expect(bench.metrics.count("created") == 0)
    // A configuration larger than a pipe reaches the child as well.
    let config = "{\"words\":\"" + String(repeating: "w", count: 300_000) + "\"}"
    let instance = try await bench.guardrail(config: config)
    #expect(await instance.ask("x").value != nil)
    await bench.end()
  }

  @Test func `create that comes back too late is undone`() async throws {
    let bench = try await Bench("create")
    try bench.host.load()
    let error = await #expect(throws: PluginHostError.self) {
      try await bench.guardrail(config: "{\"mode\":\"slow\"}", timeout: .milliseconds(50))
    }
    #expect("\(try #require(error))".contains("has not returned within 50 ms"))
    try await eventually("destroyed") { bench.metrics.count("destroyed") == 1 }
    #expect(bench.metrics.count("stopped") == 1)
    await bench.end()
  }

  @Test func `timers are refused before create has succeeded`() async throws {
    let bench = try await Bench("create")
    _ = try await bench.guardrail(config: "{\"mode\":\"timer\"}")
    #expect(bench.metrics.count("early-refused") == 1 && bench.metrics.count("null-fire-refused") == 1)
    await bench.end()
  }

  @Test func `after shutdown nothing is bound`() async throws {
    let bench = try await Bench("good")
    try bench.host.load()
    await bench.end()
    await #expect(throws: PluginHostError.self) { try await bench.guardrail() }
  }
}
