import JSON
import MCP
import NIOCore
import Synchronization
import Testing

@testable import Host

@Suite struct CatalogueTests {
  private final class Count: Sendable {
    let value = Mutex(0)
    func next() -> Int {
      value.withLock { value in
        value += 1
        return value
      }
    }
  }
  private let catalogue = Catalogue(metrics: GatewayMetrics(), executor: globalConcurrentExecutor)

  private func key(_ principal: String, _ server: String = "s", revision: UInt64 = 1, kind: ItemKind = .tools) -> Catalogue.Key {
    Catalogue.Key(principal: principal, configID: "c", server: server, revision: revision, kind: kind)
  }

  private func list(_ name: String, _ lifetime: TimeAmount) -> ItemList {
    let items = [ItemList.Item(.tools, name: name, definition: RawJSON(["name": .string(name)]))]
    return ItemList(source: .discovery, items: items, blocked: [], serverRejection: [], lifetime: lifetime)
  }

  private func keep(_ key: Catalogue.Key, _ lifetime: TimeAmount = .hours(1)) async throws {
    _ = try await catalogue.list(key) { [list] in .success(list("a", lifetime)) }
  }

  @Test func `a fresh list is not asked for again`() async throws {
    let count = Count()
    for expectation in [false, true, true] {
      let found = try await catalogue.list(key("alice")) { [list] in
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
          let found = try? await catalogue.list(Catalogue.Key(principal: "a", configID: "c", server: "s", revision: 1)) {
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
      _ = try await catalogue.list(key("alice")) { .failure(GatewayError(.discoveryFailed, "no")) }
    }
    #expect(catalogue.recentTimeout(key("alice")) == nil)
    let found = try await catalogue.list(key("alice")) { [list] in .success(list("a", .hours(1))) }
    #expect(!found.isCached)
  }

  @Test func `a server that was silent is known as such for a moment, for all its lists, until it answers`() async throws {
    let now = NIODeadline.now()
    await #expect(throws: GatewayError.self) {
      _ = try await catalogue.list(key("alice")) { .failure(GatewayError(.discoveryTimeout, "no answer")) }
    }
    #expect(catalogue.recentTimeout(key("alice", kind: .prompts), now: now)?.code == .discoveryTimeout)
    #expect(catalogue.recentTimeout(key("bob"), now: now) == nil)
    #expect(catalogue.recentTimeout(key("alice"), now: .now() + Limits.Federation.silenceMemory + .seconds(1)) == nil)
    try await keep(key("alice", kind: .prompts))
    #expect(catalogue.recentTimeout(key("alice"), now: now) == nil)
  }

  @Test func `lists of different callers, revisions and kinds are apart`() async throws {
    try await keep(key("alice"))
    #expect(catalogue.cached(key("bob")) == nil)
    #expect(catalogue.cached(key("alice", revision: 2)) == nil)
    #expect(catalogue.cached(key("alice", kind: .prompts)) == nil)
    #expect(catalogue.cached(key("alice")) != nil)
  }

  @Test func `a list of a newer revision takes the place of older ones and leaves other kinds of its own alone`() async throws {
    try await keep(key("alice", kind: .prompts))
    try await keep(key("alice"))
    #expect(catalogue.cached(key("alice", kind: .prompts)) != nil)
    try await keep(key("alice", revision: 2))
    #expect(catalogue.cached(key("alice")) == nil && catalogue.cached(key("alice", kind: .prompts)) == nil)
    #expect(catalogue.cached(key("alice", revision: 2)) != nil)
  }

  @Test func `an expired list is gone`() async throws {
    try await keep(key("alice"), .seconds(5))
    #expect(catalogue.cached(key("alice"), now: .now() + .seconds(6)) == nil)
  }

  @Test func `forgetting is by caller and server, and counts servers`() async throws {
    for server in ["s", "t"] { for kind in ItemKind.allCases { try await keep(key("alice", server, kind: kind)) } }
    try await keep(key("bob"))
    #expect(catalogue.toolListCount == 3)
    #expect(catalogue.forget(principal: "alice", server: "s") == 1)
    #expect(catalogue.forget(principal: "alice") == 1)
    #expect(catalogue.forget(principal: "alice") == 0)
    #expect(catalogue.cached(key("bob")) != nil)
  }

  private func notification(_ method: String) -> MCP.Notification { MCP.Notification(method: method) }

  @Test(arguments: [
    ("notifications/tools/list_changed", [ItemKind.tools]), ("notifications/prompts/list_changed", [.prompts]),
    ("notifications/resources/list_changed", [.resources, .resourceTemplates]), ("notifications/message", []),
  ])
  func `a change of a list is the end of what is known of it`(_ method: String, _ gone: [ItemKind]) async throws {
    for principal in ["alice", "bob"] { for kind in ItemKind.allCases { try await keep(key(principal, kind: kind)) } }
    try await keep(key("alice", "other"))
    catalogue.note(notification(method), from: UpstreamServer(configID: "elsewhere", name: "s", command: "r"))
    #expect(catalogue.cached(key("alice")) != nil)
    catalogue.note(notification(method), from: UpstreamServer(configID: "c", name: "s", command: "r"))
    for principal in ["alice", "bob"] {
      #expect(ItemKind.allCases.filter { catalogue.cached(key(principal, kind: $0)) == nil } == gone)
    }
    #expect(catalogue.cached(key("alice", "other")) != nil)
  }

  @Test func `what was being found out when the list changed is told but not kept`() async throws {
    let found = try await catalogue.list(key("alice")) { [catalogue, list, notification] in
      catalogue.note(notification("notifications/tools/list_changed"), from: UpstreamServer(configID: "c", name: "s", command: "r"))
      return .success(list("old", .hours(1)))
    }
    #expect(found.list.contains("old"))
    #expect(catalogue.cached(key("alice")) == nil)
  }

  @Test(
    arguments: [
      (.tools, nil, 3600), (.prompts, nil, 60), (.tools, 0, 60), (.tools, 120_000, 120), (.resources, 600_000, 600),
      (.tools, Int.max, 3600),
    ] as [(ItemKind, Int?, Int64)])
  func `what a server says of freshness is a hint between two bounds`(kind: ItemKind, milliseconds: Int?, seconds: Int64) {
    #expect(Discovery.lifetime(kind, milliseconds, atMost: .hours(1)) == .seconds(seconds))
  }
}
