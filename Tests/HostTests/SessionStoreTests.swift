import MCP
import NIOCore
import Synchronization
import Testing

@testable import Host

@Suite struct SessionStoreTests {
  private final class Ended: Sendable {
    let ids = Mutex<[String]>([])
  }
  private let ended = Ended()

  private func store(maxSessions: Int = 10, idleExpiry: TimeAmount = .minutes(1)) -> SessionStore {
    SessionStore(maxSessions: maxSessions, idleExpiry: idleExpiry) { [ended] id in ended.ids.withLock { $0.append(id) } }
  }

  private func open(_ store: SessionStore, _ principal: String, at now: NIODeadline = .now()) throws -> Session {
    try #require(store.open(principal: principal, revision: .v2025_11_25, clientCapabilities: nil, now: now))
  }

  @Test func `a session is found by the principal that opened it and by nobody else`() throws {
    let store = store()
    let session = try open(store, "alice")
    #expect(store.find(session.id, principal: "alice") === session)
    #expect(store.find(session.id, principal: "bob") == nil)
    #expect(store.find("", principal: "alice") == nil)
  }

  @Test func `ids are 32 hexadecimal digits and differ`() throws {
    let store = store(maxSessions: 1000)
    let ids = try (0..<500).map { _ in try open(store, "alice").id }
    #expect(Set(ids).count == 500)
    #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test func `an idle session ends, a used one lives on`() throws {
    let start = NIODeadline.now()
    let store = store(idleExpiry: .seconds(10))
    let idle = try open(store, "alice", at: start)
    let used = try open(store, "alice", at: start)
    #expect(store.find(used.id, principal: "alice", now: start + .seconds(8)) != nil)
    store.expireIdle(now: start + .seconds(11))
    #expect(store.count == 1)
    #expect(ended.ids.withLock { $0 } == [idle.id])
    #expect(store.find(used.id, principal: "alice", now: start + .seconds(12)) != nil)
    #expect(store.find(used.id, principal: "alice", now: start + .seconds(23)) == nil)
  }

  @Test func `a full store ends the principal's own oldest session and never another's`() throws {
    let start = NIODeadline.now()
    let store = store(maxSessions: 2)
    let first = try open(store, "alice", at: start)
    let other = try open(store, "bob", at: start - .seconds(5))
    let second = try open(store, "alice", at: start + .seconds(1))
    #expect(store.find(first.id, principal: "alice") == nil)
    #expect(store.find(other.id, principal: "bob") != nil)
    #expect(store.find(second.id, principal: "alice") != nil)
    #expect(store.open(principal: "carol", revision: .v2025_11_25, clientCapabilities: nil) == nil)
  }

  @Test func `closing works once, and only for the owner`() throws {
    let store = store()
    let session = try open(store, "alice")
    #expect(!store.close(session.id, principal: "bob"))
    #expect(store.close(session.id, principal: "alice"))
    #expect(!store.close(session.id, principal: "alice"))
    #expect(ended.ids.withLock { $0 } == [session.id])
  }
}
