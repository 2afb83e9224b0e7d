import Foundation
import JSON
import NIOCore
import Synchronization
import Testing

@testable import Host

@Suite struct DocumentStoreTests {
  private let scratch: ConfigScratch
  private let store: DocumentStore

  init() throws {
    scratch = try ConfigScratch()
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    store = DocumentStore(path: scratch.configPath)
  }

  private func addUser(_ id: String, _ terms: DocumentStore.Terms = .init()) throws -> DocumentStore.Commit<Bool> {
    try store.edit(terms) { _, edit in
      edit.set(["email": .string("\(id)@example.com")], at: ["users", .member(id)])
      return true
    }
  }

  private var names: [String] { FileBytes.names(in: scratch.path).sorted() }
  private func mode(_ path: String) -> UInt32? { FileState(of: path)?.mode }

  @Test func `a change is on disk, private, and the version before is kept`() throws {
    let before = try store.read()
    try scratch.setMode(0o644)
    let commit = try addUser("new")
    #expect(commit.isChanged && commit.before.revision == before.revision)
    #expect(try store.read().revision == commit.revision)
    #expect(try store.read().entry(.users, "new@example.com").id == "new")
    let backup = try #require(commit.backup)
    #expect(try FileBytes.read(backup, maxBytes: 1 << 20).bytes == before.bytes)
    #expect(mode(scratch.configPath) == 0o600 && mode(backup) == 0o600)
    #expect(names == [".config.json.lock", "config.json", FilePath.name(of: backup)])
  }

  @Test func `backups of one second differ, and the oldest go`() throws {
    for index in 0..<(Limits.Config.maxBackups + 5) { _ = try addUser("u\(index)") }
    let backups = names.filter { $0.contains(".bkp.") }
    #expect(backups.count == Limits.Config.maxBackups)
    let newest = try backups.map { try FileBytes.read(scratch.path + "/" + $0, maxBytes: 1 << 20).bytes.count }.max()
    #expect(try newest.map { try $0 < store.read().bytes.count } == true, "the last backup is the version before the last change")
  }

  @Test func `a change that would make a wrong document is refused whole, with its place`() throws {
    let before = try store.read()
    let error = #expect(throws: GatewayError.self) {
      try store.edit(.init()) { _, edit in
        edit.set("no object", at: ["users", "bad"])
        edit.set(1, at: ["projects", "p", "project_nam"])
      }
    }
    #expect(error?.code == .configurationValidationFailed)
    #expect(error?.message.contains("/users/bad: expected an object") == true)
    #expect(error?.message.contains("project_name") == true)
    #expect(try store.read().revision == before.revision)
    #expect(names == [".config.json.lock", "config.json"])
  }

  @Test func `a document with a mistake can be mended, and only mended`() throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false).replacing("\"users\": {", with: "\"surprise\": 1, \"users\": {"))
    let error = #expect(throws: GatewayError.self) { try addUser("new") }
    #expect(error?.suggestions.first?.contains("config validate") == true)
    _ = try store.edit(.init()) { _, edit in edit.remove(at: ["surprise"]) }
    #expect(try addUser("new").isChanged)
  }

  @Test func `a change that was made for another revision is refused`() throws {
    let first = try store.read().revision
    var terms = DocumentStore.Terms()
    terms.expectedRevision = first
    #expect(try addUser("one", terms).isChanged)
    let error = #expect(throws: GatewayError.self) { try addUser("two", terms) }
    #expect(try error?.suggestions.first?.contains(store.read().revision) == true)
    #expect(try !store.read().entries(.users).contains { $0.id == "two" })
  }

  @Test func `a dry run computes the new document and writes nothing`() throws {
    var terms = DocumentStore.Terms()
    terms.isDryRun = true
    let before = try store.read()
    let commit = try addUser("new", terms)
    #expect(commit.isChanged && commit.backup == nil)
    #expect(try store.read().revision == before.revision)
  }

  @Test func `writers in turn lose nothing`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for round in 0..<25 { _ = try addUser("w\(writer)-\(round)") }
        }
      }
      try await group.waitForAll()
    }
    let ids = try Set(store.read().entries(.users).map(\.id))
    for writer in 0..<4 { for round in 0..<25 { #expect(ids.contains("w\(writer)-\(round)")) } }
  }

  @Test func `an edit by hand while a change is computed is not lost`() throws {
    let isFirst = Mutex(true)
    _ = try store.edit(.init()) { _, edit in
      if isFirst.withLock({ first in
        defer { first = false }; return first
      }) {
        try scratch.replace(ConfigFixture.small(isDisabled: true))
      }
      edit.set(["email": "n@example.com"], at: ["users", "new"])
    }
    let text = String(decoding: try store.read().bytes, as: UTF8.self)
    #expect(text.contains("\"disabled\": true") && text.contains("n@example.com"))
  }

  @Test func `who holds the lock is waited for, not for ever`() throws {
    let held = try FileLock.take(of: scratch.configPath)
    let error = #expect(throws: GatewayError.self) { _ = try FileLock.take(of: scratch.configPath, deadline: .now() + .milliseconds(50)) }
    #expect(error?.code == .unavailable && error?.message.contains("nothing was changed") == true)
    withExtendedLifetime(held) {}
  }

  @Test func `a link to the file is followed and stays`() throws {
    let link = scratch.path + "/link.json"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: scratch.configPath)
    let linked = DocumentStore(path: link)
    #expect(linked.path == store.path)
    _ = try linked.edit(.init()) { _, edit in edit.set(["email": "l@example.com"], at: ["users", "linked"]) }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == scratch.configPath)
    #expect(try store.read().entries(.users).contains { $0.id == "linked" })
  }

  @Test func `what a killed writer left is taken away, and what is not ours stays`() throws {
    for name in ["config.json.tmp.1.2", "config.json.orig", "config.json.bkp.mine"] {
      try FileBytes.write([1], to: scratch.path + "/" + name, mode: 0o600, replacing: false)
    }
    _ = try addUser("new")
    #expect(!names.contains("config.json.tmp.1.2"))
    #expect(names.contains("config.json.orig") && names.contains("config.json.bkp.mine"))
  }

  @Test func `a file that anybody can write is not blessed by a change`() throws {
    try scratch.setMode(0o602)
    #expect(throws: ConfigError.self) { try addUser("new") }
    try scratch.setMode(0o600)
    #expect(try addUser("new").isChanged)
  }

  @Test func `no file, and no such name, are told with what to do`() throws {
    let missing = #expect(throws: GatewayError.self) { try DocumentStore(path: scratch.path + "/none.json").read() }
    #expect(missing?.code == .configurationMissing && missing?.suggestions.first?.contains("generate-config") == true)
    _ = try store.edit(.init()) { _, edit in edit.set(["email": "ada@example.com"], at: ["users", "a"]) }
    let error = #expect(throws: GatewayError.self) { try store.read().entry(.users, "adda@example.com") }
    #expect(error?.message == "There is no user 'adda@example.com'; did you mean 'ada@example.com'?")
    _ = try store.edit(.init()) { _, edit in edit.set(["email": "ada@example.com"], at: ["users", "b"]) }
    let twice = #expect(throws: GatewayError.self) { try store.read().entry(.users, "ada@example.com") }
    #expect(twice?.message.contains("2 users") == true && twice?.suggestions.first?.contains("a, b") == true)
  }
}
