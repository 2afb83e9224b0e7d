import JSON
import NIOCore
import Synchronization
import Testing

@testable import Host

@Suite struct ToolCatalogueTests {
  private final class Count: Sendable {
    let value = Mutex(0)
    func next() -> Int {
      value.withLock { value in
        value += 1
        return value
      }
    }
  }
  private let catalogue = ToolCatalogue(metrics: GatewayMetrics(), executor: globalConcurrentExecutor)

  private func key(_ principal: String, _ server: String = "s", revision: UInt64 = 1) -> ToolCatalogue.Key {
    ToolCatalogue.Key(principal: principal, configID: "c", server: server, revision: revision)
  }

  private func list(_ name: String, _ lifetime: TimeAmount) -> ToolList {
    let tools = [(name: name, definition: RawJSON(["name": .string(name)]))]
    return ToolList(source: .discovery, tools: tools, blocked: [], serverRejection: [], lifetime: lifetime)
  }

  @Test func `a fresh list is not asked for again`() async throws {
    let count = Count()
    for expectation in [false, true, true] {
      let found = try await catalogue.tools(key("alice")) { [list] in
        _ = count.next()
        return .success(list("a", .hours(1)))
      }
      #expect(found.isCached == expectation)
      #expect(found.list.contains("a") && !found.list.contains("b"))
    }
    #expect(count.value.withLock { $0 } == 1)
  }

  @Test func `callers at the same time share one discovery`() async throws {
    let count = Count()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 {
        group.addTask { [catalogue, list] in
          let found = try? await catalogue.tools(ToolCatalogue.Key(principal: "a", configID: "c", server: "s", revision: 1)) {
            _ = count.next()
            try? await Task.sleep(for: .milliseconds(20))
            return .success(list("a", .hours(1)))
          }
          return found?.list.contains("a") == true
        }
      }
      for await found in group { #expect(found) }
    }
    #expect(count.value.withLock { $0 } == 1)
  }

  @Test func `a failure is told and not remembered`() async throws {
    await #expect(throws: GatewayError.self) {
      _ = try await catalogue.tools(key("alice")) { .failure(GatewayError(.discoveryFailed, "no")) }
    }
    let found = try await catalogue.tools(key("alice")) { [list] in .success(list("a", .hours(1))) }
    #expect(!found.isCached)
  }

  @Test func `lists of different callers and revisions are apart`() async throws {
    _ = try await catalogue.tools(key("alice")) { [list] in .success(list("a", .hours(1))) }
    #expect(catalogue.cached(key("bob")) == nil)
    #expect(catalogue.cached(key("alice", revision: 2)) == nil)
    #expect(catalogue.cached(key("alice")) != nil)
  }

  @Test func `an expired list is gone`() async throws {
    _ = try await catalogue.tools(key("alice")) { [list] in .success(list("a", .seconds(5))) }
    #expect(catalogue.cached(key("alice"), now: .now() + .seconds(6)) == nil)
  }

  @Test func `forgetting is by caller and server`() async throws {
    for server in ["s", "t"] { _ = try await catalogue.tools(key("alice", server)) { [list] in .success(list("a", .hours(1))) } }
    _ = try await catalogue.tools(key("bob")) { [list] in .success(list("a", .hours(1))) }
    #expect(catalogue.forget(principal: "alice", server: "s") == 1)
    #expect(catalogue.forget(principal: "alice") == 1)
    #expect(catalogue.forget(principal: "alice") == 0)
    #expect(catalogue.cached(key("bob")) != nil)
  }
}
