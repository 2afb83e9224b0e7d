import Foundation
import JSON
import NIOCore
import Testing

@testable import Host

@Suite struct PinStoreTests {
  private let scratch: ConfigScratch
  private let store: PinStore
  private static let key = PinKey(configID: "c", server: "s")

  init() throws {
    scratch = try ConfigScratch()
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    store = PinStore(configPath: scratch.configPath)
  }

  private static func seen(_ name: String, _ description: String = "d") -> SeenTool {
    SeenTool(ItemList.Item(.tools, name: name, definition: RawJSON(["name": .string(name), "description": .string(description)])))
  }

  @discardableResult
  private func see(_ tools: [SeenTool], _ key: PinKey = key, _ terms: DocumentStore.Terms = .init()) throws -> PinStore.Commit<Void> {
    try store.edit(terms) { document in
      var pins = document.servers[key] ?? ServerPins()
      pins.see(tools, others: [], order: &document.order, now: "now")
      document.servers[key] = pins
    }
  }

  @Test func `what was written is read again, private, and nothing else is left`() throws {
    try see([Self.seen("a"), Self.seen("b")])
    try see([Self.seen("a", "other"), Self.seen("c")])
    let pins = try #require(try store.read().document.servers[Self.key])
    #expect(pins.tools?.keys.sorted() == ["a", "b"] && pins.waiting.mapValues(\.change) == ["a": .changed, "b": .removed, "c": .added])
    #expect(pins.waiting["c"]?.renamedFrom == "b")
    #expect(FileState(of: store.path)?.mode == 0o600)
    #expect(FileBytes.names(in: scratch.path).sorted() == [".config.json.pins.json.lock", "config.json", "config.json.pins.json"])
    let bytes = try FileBytes.read(store.path, maxBytes: 1 << 20).bytes
    #expect(try PinDocument(bytes).serialized() == bytes)
  }

  @Test func `no sight is lost among writers at the same time`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<24 { group.addTask { try see([Self.seen("t\(index)")], PinKey(configID: "c", server: "s\(index)")) } }
      try await group.waitForAll()
    }
    let document = try store.read().document
    #expect(document.servers.count == 24 && document.order == 25)
    #expect(Set(document.servers.values.flatMap { ($0.tools ?? [:]).values.map(\.order) }).count == 24)
  }

  @Test func `a change that cannot be put on record is not made`() throws {
    try see([Self.seen("a")])
    let before = try FileBytes.read(store.path, maxBytes: 1 << 20).bytes
    var terms = DocumentStore.Terms()
    terms.record = { _, _ in throw GatewayError(.operationFailed, "no record") }
    #expect(throws: GatewayError.self) { try see([Self.seen("a"), Self.seen("b")], Self.key, terms) }
    #expect(try FileBytes.read(store.path, maxBytes: 1 << 20).bytes == before)
  }

  @Test func `nothing is written when nothing is different`() throws {
    let first = try see([Self.seen("a")])
    let state = FileState(of: store.path)
    let second = try see([Self.seen("a")])
    #expect(first.before != first.after && second.before == second.after && FileState(of: store.path) == state)
  }

  @Test func `what a killed writer left is taken away`() throws {
    try FileBytes.write([1], to: store.path + ".tmp.1.2", mode: 0o600, replacing: false)
    try see([Self.seen("a")])
    #expect(!FileBytes.names(in: scratch.path).contains { $0.contains(".tmp.") })
  }

  @Test func `a file that is damaged anywhere is refused or read, and never a crash`() throws {
    try see([Self.seen("a"), Self.seen("b")])
    try see([Self.seen("c")])
    let good = try FileBytes.read(store.path, maxBytes: 1 << 20).bytes
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<3_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: Array("9e9".utf8), at: place)
        }
      }
      do throws(PinDocument.Malformed) { _ = try PinDocument(bytes).serialized() } catch { #expect(!error.description.isEmpty) }
    }
  }

  @Test func `a definition that is too large is compared and not kept`() throws {
    let large = Self.seen("a", String(repeating: "x", count: Limits.Pinning.maxDefinitionBytes))
    try see([large])
    try see([Self.seen("a", "small")])
    let pins = try #require(try store.read().document.servers[Self.key])
    #expect(pins.tools?["a"]?.definition == nil && pins.tools?["a"]?.digest == large.digest && pins.waiting["a"]?.change == .changed)
  }
}

@Suite struct PinPartsTests {
  @Test func `the order of members does not count, anything else does`() throws {
    func digest(_ text: String) throws -> String { DefinitionDigest.hex(of: try RawJSON(validating: Array(text.utf8)).value) }
    let one = try digest(#"{"name":"x","inputSchema":{"type":"object","required":["a","b"]}}"#)
    #expect(try digest(#"{"inputSchema":{"required":["a","b"],"type":"object"},"name":"x"}"#) == one)
    for other in [
      #"{"name":"x","inputSchema":{"type":"object","required":["b","a"]}}"#,
      #"{"name":"x","inputSchema":{"type":"object","required":["a"]}}"#,
      #"{"name":"y","inputSchema":{"type":"object","required":["a","b"]}}"#,
      #"{"name":"x","inputSchema":{"type":"object","required":["a","b"]},"_meta":{}}"#,
    ] { #expect(try digest(other) != one) }
  }

  @Test(arguments: [
    ("a\u{200B}b", "a\\u{200B}b"), ("\u{202E}abc", "\\u{202E}abc"), ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{E0041}", "\\u{E0041}"),
    ("\u{A0}", "\\u{A0}"),
    ("\u{3164}", "\\u{3164}"), ("plain text\nin two lines", "plain text\nin two lines"), ("naïve 東京 🙂", "naïve 東京 🙂"),
  ])
  func `what nobody would see is written as its number`(_ text: String, _ shown: String) { #expect(VisibleText.of(text) == shown) }

  @Test func `of tools with one name the first is the one that is shadowed`() {
    var document = PinDocument()
    for (server, names) in [("old", ["read_mail"]), ("new", ["ReadMail", "other"]), ("third", ["read.mail"])] {
      var pins = ServerPins()
      let tools = names.map { SeenTool(ItemList.Item(.tools, name: $0, definition: RawJSON(["name": .string($0)]))) }
      pins.see(tools, others: [], order: &document.order, now: "now")
      document.servers[PinKey(configID: "c", server: server)] = pins
    }
    let index = PinIndex(document)
    func others(_ name: String, _ server: String, _ config: String = "c") -> [String] {
      index.shadowed(by: name, of: PinKey(configID: config, server: server))
    }
    #expect(others("read_mail", "old") == [] && others("ReadMail", "new") == ["old"] && others("read.mail", "third") == ["new", "old"])
    #expect(others("other", "new") == [] && others("readmail", "unseen") == ["new", "old", "third"] && others("read_mail", "x", "d") == [])
  }

  @Test func `arguments and URLs count in clear and are shown masked`() {
    func command(_ token: String) -> PinnedEndpoint {
      PinnedEndpoint(
        .command(ServerCommand(command: "x", arguments: ["--token", token], environment: [EnvironmentVariable(name: "A", value: token)])))
    }
    #expect(command("canary-one").digest != command("canary-two").digest)
    #expect(!JSONValue.object(command("canary-one").shown).serializedString().contains("canary-one"))
    func variable(_ name: String, _ value: String) -> String {
      PinnedEndpoint(.command(ServerCommand(command: "x", arguments: [], environment: [EnvironmentVariable(name: name, value: value)])))
        .digest
    }
    #expect(variable("A", "1") == variable("A", "2") && variable("A", "1") != variable("B", "1"))
  }
}

@Suite struct DefinitionVerdictsTests {
  @Test func `verdicts expire, and the oldest half goes when there are too many`() {
    let verdicts = DefinitionVerdicts()
    func key(_ index: Int) -> DefinitionVerdicts.Key {
      DefinitionVerdicts.Key(phase: .tool, server: "s", item: "\(index)", content: KeyDigest(of: [1]), policy: 0, guardrails: 0)
    }
    let start = NIODeadline.now()
    let verdict = DefinitionVerdicts.Verdict.blocked(reasons: [], details: [])
    for index in 0...Limits.Guardrails.maxDefinitionVerdicts {
      verdicts.keep(verdict, key(index), lifetime: .seconds(100) + .nanoseconds(Int64(index)), now: start)
    }
    #expect(verdicts.find(key(0), now: start) == nil && verdicts.find(key(Limits.Guardrails.maxDefinitionVerdicts), now: start) != nil)
    #expect(verdicts.find(key(Limits.Guardrails.maxDefinitionVerdicts), now: start + .seconds(200)) == nil)
  }
}
