import Egress
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Host

/// `smg.host.http/0`: a guardrail in C that asks a service on this machine.
@Suite struct HTTPTests {
  /// A bench with `http.c`, a service, and an instance that may reach it.
  private struct Asking {
    let bench: Bench
    let service: VerdictService

    init(_ defines: [String] = [], change: (inout PluginSettings) -> Void = { _ in }) async throws {
      bench = try await Bench("http", defines, change: change)
      service = try await VerdictService()
    }

    func instance(
      _ path: String = "/verdict", allow: [String]? = nil, url: String? = nil, more: String = "", inline: Bool = false,
      mode: PluginMode = .inProcess
    ) async throws -> PluginInstance {
      let rules = EgressRules(addresses: try AddressPolicy(allowing: allow ?? ["127.0.0.1:\(service.port)"]))
      return try await bench.guardrail(
        config: "{\"url\":\"\(url ?? service.url(path))\"\(more)}", inline: inline, egress: rules, mode: mode)
    }

    /// Every request is over and every callback has returned; then the host's end.
    func end() async throws {
      try await eventually("nothing is owed") { bench.host.instances.allSatisfy { $0.stats.owedCallbacks == 0 } }
      await bench.end()
      for name in ["done-dead", "done-malformed", "early-accepted", "late-wrong"] { #expect(bench.metrics.count(name) == 0) }
      try await service.stop()
    }
  }

  @Test(arguments: ["", "fetch "], [[], ["FLAGS=SMG_PF_SERIAL"]])
  func `a guardrail asks a service for its verdict`(how: String, defines: [String]) async throws {
    let asking = try await Asking(defines)
    let instance = try await asking.instance()
    let blocked = try #require(await instance.ask(how + "a forbidden thing").value)
    #expect(blocked.action == .block)
    #expect(blocked.violations.map(\.message) == ["block"] && blocked.violations.map(\.code) == ["200"])
    #expect(blocked.violations.map(\.evidenceJSON) == ["{\"by\":\"service\"}"])
    #expect(await instance.ask(how + "a nice thing").value?.action == .allow)
    let request = try #require(asking.service.requests.first)
    #expect(request.head.method == .POST && request.body == how + "a forbidden thing")
    #expect(request.head.headers["x-tag"] == ["one", "two"] && request.head.headers["content-type"] == ["text/plain"])
    #expect(instance.stats.openRequests == 0)
    #expect(asking.bench.metrics.count("early-refused") == 2)
    try await asking.end()
  }

  @Test(arguments: Bench.modes) func `an answer of any status is an answer`(mode: PluginMode) async throws {
    let asking = try await Asking()
    let verdict = try #require(try await asking.instance("/missing", mode: mode).ask("x").value)
    #expect(verdict.action == .block && verdict.violations.map(\.code) == ["404"])
    try await asking.end()
  }

  @Test(arguments: [
    ("http://127.0.0.1:PORT/", "127.0.0.1:1", "loopback", "127.0.0.1:PORT"),
    ("http://localhost:PORT/", "10.0.0.0/8", "loopback", "localhost:PORT"),
    ("http://2130706433:PORT/", "10.0.0.0/8", "loopback", "127.0.0.1:PORT"), ("http://10.1.2.3/", "127.0.0.1", "private", "10.1.2.3:80"),
    ("http://169.254.169.254/latest", "169.254.0.0/16", "cloud metadata", "\"169.254.169.254\""),
  ])
  func `an address that the binding does not list is refused, and the log says how to allow it`(
    url: String, allow: String, kind: String, entry: String
  ) async throws {
    let asking = try await Asking()
    func here(_ text: String) -> String { text.replacingOccurrences(of: "PORT", with: "\(asking.service.port)") }
    let instance = try await asking.instance(allow: [here(allow)], url: here(url))
    for _ in 0..<3 {
      let failure = try #require(await instance.ask("x").failure)
      #expect(failure.code == .invalid && failure.message.contains("the egress policy refuses") && failure.message.contains(kind))
    }
    #expect(asking.service.requests.isEmpty)
    let lines = asking.bench.log.all.filter { $0.message.contains("the egress policy refuses") }
    #expect(lines.count == 1 && lines.first?.level == .warning, "once for each place")
    let line = try #require(lines.first)
    #expect(line.message.contains(here(entry)) && line.message.hasSuffix("to egress.allow of this binding"))
    #expect(line.fields.first?.value == "binding")
    #expect(!line.message.contains("latest"), "no path of a URL")
    try await asking.end()
  }

  @Test(arguments: Bench.modes) func `without settings only public addresses are reached`(mode: PluginMode) async throws {
    let asking = try await Asking()
    #expect(try await asking.instance(allow: [], mode: mode).ask("x").failure?.message.contains("loopback") == true)
    try await asking.end()
  }

  @Test(arguments: [
    ("/hang", ",\"deadline_ms\":400", PluginFailure.Code.timeout, "timed out while"),
    ("/half", ",\"deadline_ms\":400", .timeout, "timed out while"), ("/drop", "", .unavailable, "lost"),
    ("/big", ",\"max\":1000", .invalid, "exceed the limit of 1000 bytes"), ("/verdict", ",\"profile\":\"none\"", .invalid, "TLS profile"),
  ])
  func `what went wrong is told by status and message`(
    path: String, more: String, code: PluginFailure.Code, message: String
  ) async throws {
    let asking = try await Asking()
    let instance = try await asking.instance(path, more: more)
    for how in ["", "fetch "] {
      let failure = try #require(await instance.ask(how + "x").failure)
      #expect(failure.code == code && failure.message.contains(message), "\(failure)")
    }
    try await asking.end()
  }

  @Test func `a request that HTTP does not allow is refused without its values`() async throws {
    let asking = try await Asking()
    let failure = try #require(try await asking.instance().ask("control").failure)
    #expect(failure.code == .invalid && failure.message.contains("x-tag") && !failure.message.contains("b: c"))
    for url in ["ftp://127.0.0.1/", "127.0.0.1/x", "http://ada:sesame@127.0.0.1/", ""] {
      let failure = try #require(try await asking.instance(url: url).ask("x").failure)
      #expect(failure.code == .invalid && !failure.message.contains("sesame"))
    }
    try await asking.end()
  }

  @Test func `nobody listens`() async throws {
    let asking = try await Asking()
    let port = asking.service.port
    try await asking.service.stop()
    let instance = try await asking.instance(allow: ["127.0.0.1"], url: "http://127.0.0.1:\(port)/")
    #expect(await instance.ask("x").failure?.code == .unavailable)
    await asking.bench.end()
  }

  @Test func `malformed requests are refused at once and counted`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance()
    #expect(await instance.ask("malformed").value != nil)
    #expect(asking.bench.metrics.count("malformed-right") == 12 && asking.bench.metrics.count("malformed-wrong") == 0)
    #expect(instance.stats.misbehaviours == 8 && asking.service.requests.isEmpty)
    try await asking.end()
  }

  @Test(arguments: Bench.modes) func `a plugin may cancel its request, once`(mode: PluginMode) async throws {
    let asking = try await Asking()
    #expect(try await asking.instance("/hang", mode: mode).ask("cancel").failure?.code == .cancelled)
    // The answer may be here before the thread that cancelled has counted.
    for name in ["cancel-right", "recancel-right", "done-cancelled"] {
      try await eventually("\(name) is counted") { asking.bench.metrics.count(name) == 1 }
    }
    try await asking.end()
  }

  @Test(arguments: ["", "fetch "], Bench.modes) func `a request ends with the call that it serves`(
    how: String, mode: PluginMode
  ) async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang", mode: mode)
    #expect(await instance.ask(how + "x", .milliseconds(600)).failure?.code == .timeout)
    try await eventually("the callback has run") { asking.bench.metrics.count("done-alive") == 1 }
    let task = Task { await instance.ask(how + "y") }
    try await eventually("asked") { asking.service.requests.count == 2 }
    task.cancel()
    #expect(await task.value.failure?.code == .cancelled)
    try await eventually("the other callback has run") { asking.bench.metrics.count("done-alive") == 2 && instance.stats.framesInside == 0 }
    #expect(asking.bench.metrics.count("done-cancelled") >= 1 && instance.stats.openRequests == 0)
    try await asking.end()
  }

  @Test func `a request that serves no call goes on after the call`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang", more: ",\"deadline_ms\":2000")
    #expect(await instance.ask("detached", .milliseconds(300)).failure?.code == .timeout)
    try await eventually("asked") { asking.service.requests.count == 1 }
    #expect(instance.stats.openRequests == 1)
    try await eventually("over") { instance.stats.openRequests == 0 && instance.stats.owedCallbacks == 0 }
    #expect(asking.bench.metrics.count("done-cancelled") == 0 && instance.stats.staleCompletions == 1)
    try await asking.end()
  }

  @Test func `open requests of one instance are bounded`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang")
    #expect(await instance.ask("flood").value != nil)
    #expect(asking.bench.metrics.count("accepted-\(Limits.Plugin.maxRequestsPerInstance)") == 1)
    await instance.retire(deadline: .now() + .seconds(20))
    #expect(asking.bench.metrics.count("done-cancelled") == Limits.Plugin.maxRequestsPerInstance)
    try await asking.end()
  }

  @Test(arguments: [[], ["FLAGS=SMG_PF_SERIAL"]]) func `retiring cancels what is open, and destroys after the last callback`(
    defines: [String]
  ) async throws {
    let asking = try await Asking(defines)
    let instance = try await asking.instance("/hang")
    #expect(await instance.ask("arm haunt").value != nil)
    #expect(instance.stats.owedCallbacks == 10 && instance.stats.openRequests == 10)
    await instance.retire(deadline: .now() + .seconds(5))
    let metrics = asking.bench.metrics
    #expect(metrics.count("done-cancelled") == 10 && metrics.count("done-alive") == 10 && metrics.count("late-right") == 2)
    if !defines.isEmpty { #expect(metrics.count("done-overlaps") == 0) }
    let names = metrics.all.map(\.name)
    let (last, destroyed) = try (#require(names.lastIndex(of: "done-alive")), #require(names.firstIndex(of: "destroyed")))
    #expect(last < destroyed && !instance.stats.isLeaked)
    try await eventually("the ghost was here") { metrics.count("ghost-refused") == 2 }
    #expect(metrics.count("ghost-accepted") == 0)
    try await eventually("the client has let go") { Bench.egress.activeTransfers == 0 }
    try await asking.end()
  }

  @Test func `a waiting fetch is woken when the instance is retired`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance("/hang")
    async let reply = instance.ask("fetch x", .seconds(60))
    try await eventually("asked") { asking.service.requests.count == 1 }
    await instance.retire(deadline: .now() + .milliseconds(30))
    #expect(await reply.failure?.code == .unavailable)
    #expect(asking.bench.metrics.count("fetched") == 1 && asking.bench.metrics.count("destroyed") == 1 && !instance.stats.isLeaked)
    try await asking.end()
  }

  @Test(arguments: Bench.modes) func `an inline provider may not wait, but may start`(mode: PluginMode) async throws {
    let asking = try await Asking(["FLAGS=SMG_PF_INLINE"])
    let instance = try await asking.instance(inline: true, mode: mode)
    #expect(await instance.ask("fetch x").failure?.code == .unsupported)
    #expect(await instance.ask("forbidden").value?.action == .block)
    #expect(instance.stats.isInline)
    try await asking.end()
  }

  @Test func `a child that tries a configuration gives the service, and refuses requests`() async throws {
    let asking = try await Asking(change: { $0.probeCreate = true })
    #expect(try await asking.instance().ask("x").value?.action == .allow)
    #expect(asking.service.requests.count == 1 && asking.bench.metrics.count("early-refused") == 2)
    try await asking.end()
  }

  @Test(arguments: Bench.modes) func `a thousand requests leave nothing behind`(mode: PluginMode) async throws {
    let asking = try await Asking()
    let instance = try await asking.instance(mode: mode)
    let counts = await withTaskGroup(of: (blocked: Int, failed: Int).self) { group in
      for worker in 0..<20 {
        group.addTask {
          var counts = (blocked: 0, failed: 0)
          for number in 0..<50 {
            let text = (worker % 2 == 0 ? "" : "fetch ") + (number % 2 == 0 ? "forbidden \(number)" : "fine \(number)")
            let reply = await instance.ask(text, .seconds(30))
            if reply.value?.action == .block { counts.blocked += 1 }
            if reply.value == nil { counts.failed += 1 }
          }
          return counts
        }
      }
      return await group.reduce((0, 0)) { ($0.0 + $1.blocked, $0.1 + $1.failed) }
    }
    #expect(counts == (500, 0))
    #expect(asking.service.requests.count == 1_000)
    #expect(instance.stats.openRequests == 0 && instance.stats.inFlight == 0)
    try await eventually("nothing is owed") { instance.stats.owedCallbacks == 0 && Bench.egress.activeTransfers == 0 }
    try await asking.end()
  }

  @Test func `plugins that block Swift's pool do not hold up requests`() async throws {
    let asking = try await Asking()
    let instance = try await asking.instance()
    let blocked = Monitor((inside: 0, isOver: false))
    let all = ProcessInfo.processInfo.activeProcessorCount
    for _ in 0..<all {
      Task.detached {
        blocked.withLock { $0.inside += 1 }
        _ = blocked.wait(until: InstanceCore.soon(.seconds(20))) { $0.isOver ? true : nil }
      }
    }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let replies = Task.detached(executorPreference: LoopExecutor(loop)) {
      while blocked.withLock({ $0.inside }) < all { try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get() }
      let replies = [await instance.ask("forbidden", .seconds(5)), await instance.ask("fetch forbidden", .seconds(5))]
      blocked.withLock { $0.isOver = true }
      blocked.broadcast()
      return replies
    }
    #expect(try await replies.value.map { $0.value?.action } == [.block, .block])
    try await asking.end()
  }
}
