import Foundation
import NIOCore
import Testing

@testable import Host

/// Retirement: stop, owed callbacks, destroy (R8, R9).
@Suite struct EndTests {
  @Test func `retiring an idle instance stops and destroys it, once`() async throws {
    let bench = try await Bench("good")
    let instance = try await bench.guardrail()
    await instance.retire(deadline: .now() + .seconds(5))
    await instance.retire(deadline: .now() + .seconds(5))
    #expect(bench.metrics.count("stopped") == 1 && bench.metrics.count("destroyed") == 1)
    #expect(!instance.stats.isLeaked)
    let failure = try #require(await instance.ask("x").failure)
    #expect(failure.code == .unavailable && failure.message.contains("retired"))
    #expect(await instance.health(deadline: .now() + .seconds(1)).failure?.code == .unavailable)
    await bench.end()
  }

  @Test func `open calls get until the deadline, then they are finished`() async throws {
    let bench = try await Bench("ending")
    let instance = try await bench.guardrail()
    async let reply = instance.ask("unanswered", .seconds(60))
    try await eventually("entered") { instance.stats.inFlight == 1 && instance.stats.framesInside == 0 && instance.stats.calls == 1 }
    await instance.retire(deadline: .now() + .milliseconds(50))
    #expect(await reply.failure?.code == .unavailable)
    #expect(bench.metrics.count("destroyed") == 1 && !instance.stats.isLeaked)
    await bench.end()
  }

  @Test func `nothing is destroyed while a thread is inside`() async throws {
    let bench = try await Bench("ending")
    let instance = try await bench.guardrail()
    let other = try await bench.guardrail()
    async let staying = instance.ask("stay", .milliseconds(30))
    try await eventually("inside") { bench.metrics.count("staying") == 1 }
    #expect(await staying.failure?.code == .timeout)
    async let retired: Void = instance.retire(deadline: .now() + .milliseconds(50))
    try await eventually("stopped") { bench.metrics.count("stopped") == 1 }
    #expect(bench.metrics.count("destroyed") == 0)
    _ = await other.ask("release")
    await retired
    #expect(bench.metrics.count("left-alive") == 1 && bench.metrics.count("left-dead") == 0)
    #expect(bench.metrics.count("destroyed") == 1 && !instance.stats.isLeaked)
    await bench.end()
  }

  @Test func `a thread that never leaves leaks the instance`() async throws {
    let bench = try await Bench("ending")
    let instance = try await bench.guardrail()
    let other = try await bench.guardrail()
    _ = await instance.ask("stay", .milliseconds(30))
    await instance.retire(deadline: .now() + .milliseconds(50))
    #expect(instance.stats.isLeaked && bench.metrics.count("destroyed") == 0 && bench.metrics.count("stopped") == 1)
    #expect(bench.log.contains("stays in memory"))
    _ = await other.ask("release")
    try await eventually("left") { bench.metrics.count("left-alive") == 1 }
    await bench.end()
  }

  @Test func `stop that does not return, or refuses, leaks the instance`() async throws {
    let bench = try await Bench("ending")
    let refuses = try await bench.guardrail(config: "{\"how\":\"refuses\"}")
    await refuses.retire(deadline: .now())
    #expect(refuses.stats.isLeaked && bench.metrics.count("destroyed") == 0)
    let hangs = try await bench.guardrail(config: "{\"how\":\"hangs\"}")
    let other = try await bench.guardrail()
    await hangs.retire(deadline: .now())
    #expect(hangs.stats.isLeaked && bench.metrics.count("destroyed") == 0)
    _ = await other.ask("release")
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 1)
  }

  @Test func `completion after destroy is stale`() async throws {
    let bench = try await Bench("ending")
    let instance = try await bench.guardrail()
    #expect(await instance.ask("haunt", .milliseconds(5)).failure?.code == .timeout)
    await instance.retire(deadline: .now() + .seconds(1))
    #expect(bench.metrics.count("destroyed") == 1)
    try await eventually("ghost") { bench.metrics.count("ghost-stale") == 1 }
    try await eventually("the counts settle") { instance.stats.staleCompletions == 1 && bench.metrics.count("ghost-ok") == 0 }
    await bench.end()
  }

  @Test func `owed timer callbacks are cancelled and delivered before destroy`() async throws {
    let bench = try await Bench("ending")
    let instance = try await bench.guardrail()
    #expect(await instance.ask("arm").value != nil)
    #expect(instance.stats.owedCallbacks == 10)
    await instance.retire(deadline: .now() + .seconds(5))
    #expect(
      bench.metrics.count("fired-cancelled") == 10 && bench.metrics.count("fired-alive") == 10 && bench.metrics.count("fired-due") == 0)
    #expect(bench.metrics.count("late-timer-refused") == 1)
    let names = bench.metrics.all.map(\.name)
    #expect(names.lastIndex(of: "fired-alive").map { $0 < names.count - 1 } == true && names.last == "destroyed")
    await bench.end()
  }

  @Test func `retiring under load never destroys what is in use`() async throws {
    let bench = try await Bench("cancel_race")
    for _ in 0..<15 {
      let instance = try await bench.guardrail()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask {
            for _ in 0..<10 {
              let reply = await instance.ask("x")
              #expect(reply.value != nil || reply.failure?.code == .unavailable, "\(reply)")
            }
          }
        }
        group.addTask { await instance.retire(deadline: .now() + .seconds(5)) }
      }
      #expect(!instance.stats.isLeaked)
    }
    #expect(bench.metrics.count("destroyed") == 15)
    await bench.end()
  }

  @Test func `shutdown retires every instance`() async throws {
    let bench = try await Bench("good")
    let instances = [try await bench.guardrail(), try await bench.guardrail(), try await bench.guardrail()]
    #expect(bench.host.instances.count == 3)
    await bench.end()
    #expect(bench.metrics.count("destroyed") == 3 && bench.host.instances.isEmpty)
    #expect(instances.allSatisfy { !$0.stats.isLeaked })
  }
}
