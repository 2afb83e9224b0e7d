import Foundation
import Synchronization
import Testing

@testable import Host

@Suite struct ConfigStoreTests {
  private let scratch: ConfigScratch

  init() throws { scratch = try ConfigScratch() }

  private let key = "first-key-0123456789abcdef"

  @Test func `a key disabled in the file is refused at the very next look, whichever way the file is written`() async throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    #expect(store.record(of: key)?.flags == [])
    for round in 1...20 {
      let isDisabled = round % 2 == 1
      // "false" and "true " make both versions equally long, so that only content and time differ.
      let text = ConfigFixture.small(isDisabled: isDisabled).replacing("\"disabled\": true", with: "\"disabled\":  true")
      if round % 3 == 0 { try scratch.replace(text) } else { try scratch.overwrite(text) }
      let snapshot = await store.current()
      #expect(snapshot.directory.record(of: key)?.flags == (isDisabled ? .disabled : []), "round \(round)")
      #expect(store.record(of: key)?.revision == UInt64(round + 1))
    }
  }

  @Test func `an unchanged file is the same snapshot, and touching it makes no new revision`() async throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    let first = await store.current()
    #expect(first === store.snapshot)
    try scratch.overwrite(ConfigFixture.small(isDisabled: false))
    #expect(await store.current() === first)
    #expect(first.sha256.count == 64)
  }

  @Test func `a bad edit is refused whole, told once, and mended by the next good one`() async throws {
    let log = ConfigLog()
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store(log: log)
    try scratch.replace(ConfigFixture.small(isDisabled: true, extra: ", \"usrs\": {}"))
    for _ in 0..<5 { #expect(await store.current().revision == 1) }
    #expect(store.record(of: key)?.flags == [])
    #expect(store.lastError?.problems.map(\.pointer) == ["/usrs"])
    #expect(log.count(.error) == 1, "\(log.text)")
    try scratch.replace(ConfigFixture.small(isDisabled: true))
    #expect(await store.current().revision == 2)
    #expect(store.lastError == nil)
    #expect(store.record(of: key)?.flags == .disabled)
  }

  @Test func `a half-written file leaves the old configuration in effect`() async throws {
    let text = ConfigFixture.small(isDisabled: true)
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    for length in stride(from: 0, to: text.utf8.count - 1, by: 37) {
      try scratch.overwrite(String(text.prefix(length)))
      #expect(await store.current().revision == 1)
      #expect(store.lastError != nil)
    }
    try scratch.overwrite(text)
    #expect(await store.current().revision == 2)
  }

  @Test func `a removed file leaves the old configuration in effect until one is back`() async throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    try FileManager.default.removeItem(atPath: scratch.configPath)
    #expect(await store.current().revision == 1)
    #expect(store.lastError?.description.contains("cannot open") == true)
    try scratch.replace(ConfigFixture.small(isDisabled: true))
    #expect(await store.current().revision == 2)
  }

  @Test func `a change behind a symbolic link is seen`() async throws {
    try scratch.overwrite(ConfigFixture.small(isDisabled: false), at: scratch.path + "/a.json")
    try scratch.overwrite(ConfigFixture.small(isDisabled: true), at: scratch.path + "/b.json")
    try FileManager.default.createSymbolicLink(atPath: scratch.configPath, withDestinationPath: "a.json")
    let store = try scratch.store()
    try FileManager.default.removeItem(atPath: scratch.configPath)
    try FileManager.default.createSymbolicLink(atPath: scratch.configPath, withDestinationPath: "b.json")
    #expect(await store.current().directory.record(of: key)?.flags == .disabled)
  }

  @Test func `one change is read once for all who wait for it, and the hook hears of it once`() async throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    let revisions = Mutex<[UInt64]>([])
    store.onChange { new, old in
      await Task.yield()
      revisions.withLock { $0 += [old.revision, new.revision] }
    }
    try scratch.replace(ConfigFixture.small(isDisabled: true))
    let seen = await withTaskGroup(of: UInt64.self) { group in
      for _ in 0..<200 { group.addTask { await store.current().revision } }
      return await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(seen == [2])
    #expect(revisions.withLock { $0 } == [1, 2])
  }

  @Test func `what the hook refuses does not take effect, and is tried again when the file is touched`() async throws {
    struct NoSuchProvider: Error {}
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    let isWilling = Atomic(false)
    store.onChange { new, _ in
      #expect(store.snapshot.revision == 1)
      if !isWilling.load(ordering: .relaxed) { throw NoSuchProvider() }
    }
    try scratch.replace(ConfigFixture.small(isDisabled: true))
    #expect(await store.current().revision == 1)
    #expect(store.lastError?.description.contains("cannot take effect: NoSuchProvider()") == true)
    isWilling.store(true, ordering: .relaxed)
    try scratch.replace(ConfigFixture.small(isDisabled: true))
    #expect(await store.current().revision == 2)
    #expect(store.lastError == nil)
  }

  @Test func `a file that others can read is worth a warning, one that all can write is refused`() async throws {
    let log = ConfigLog()
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    try scratch.setMode(0o644)
    let store = try scratch.store(log: log)
    #expect(store.snapshot.warnings.contains { $0.suggestion?.contains("chmod 600 \(scratch.configPath)") == true })
    #expect(log.count(.warning) == store.snapshot.warnings.count)
    try scratch.setMode(0o666)
    for _ in 0..<3 { #expect(await store.current().revision == 1) }
    #expect(store.lastError?.description.contains("can be written by every user") == true)
    #expect(log.count(.error) == 1)
    #expect(throws: ConfigError.self) { try scratch.store() }
    try scratch.setMode(0o600)
    #expect(await store.current().revision == 1)
    #expect(store.lastError == nil)
  }

  @Test func `a named file that does not exist is an error that says what to do`() throws {
    let error = #expect(throws: ConfigError.self) { try scratch.store() }
    #expect(error?.description.contains("generate-config") == true)
  }

  @Test func `a directory, a device and a named pipe are no configuration`() throws {
    for path in [scratch.path, "/dev/zero"] {
      let source = ConfigSource(origin: .commandLine, path: path)
      let error = #expect(throws: ConfigError.self) {
        try ConfigStore.load(source: source, environment: [:], log: Log(sink: ConfigLog(), scope: ""))
      }
      #expect(error?.description.contains("not a regular file") == true)
    }
    #expect(mkfifo(scratch.configPath, 0o600) == 0)
    #expect(throws: ConfigError.self) { try scratch.store() }
  }

  @Test func `looking at an unchanged file is cheap`() async throws {
    try scratch.replace(ConfigFixture.small(isDisabled: false))
    let store = try scratch.store()
    var isSettled = false
    let deadline = ContinuousClock.now + .seconds(60)
    // While the file is younger than a tick of its clock, every look reads it.
    while !isSettled, ContinuousClock.now < deadline {
      let started = ContinuousClock.now
      for _ in 0..<100 { _ = await store.current() }
      let each = (ContinuousClock.now - started) / 100
      print("ConfigStore.current(): \(each) a look")
      isSettled = each < .microseconds(50)
    }
    #expect(isSettled)
  }
}

@Suite struct ConfigLookupTests {
  private let scratch: ConfigScratch

  init() throws { scratch = try ConfigScratch() }

  private func lookup(explicit: String? = nil, environment: [String: String] = [:], isInContainer: Bool = false) -> ConfigLookup {
    ConfigLookup(
      explicitPath: explicit, environment: environment, executablePath: scratch.path + "/bin/secure-mcp-gateway",
      isInContainer: isInContainer,
      homeDirectory: scratch.path + "/home", currentDirectory: "/work/dir")
  }

  private func make(_ path: String, _ text: String = "{}") throws {
    try FileManager.default.createDirectory(atPath: FilePath.directory(of: path), withIntermediateDirectories: true)
    try scratch.overwrite(text, at: path)
  }

  @Test func `the order is option, variable, user file, example, defaults`() throws {
    let named = ["SECURE_MCP_GATEWAY_CONFIG": "env.json"]
    #expect(lookup().find() == ConfigSource(origin: .defaults, path: nil))
    try make(scratch.path + "/share/secure-mcp-gateway/example_enkrypt_mcp_config.json")
    #expect(lookup().find().origin == .example)
    try make(scratch.path + "/home/.enkrypt/enkrypt_mcp_config.json")
    #expect(lookup().find() == ConfigSource(origin: .user, path: scratch.path + "/home/.enkrypt/enkrypt_mcp_config.json"))
    #expect(lookup(environment: named).find() == ConfigSource(origin: .environment, path: "/work/dir/env.json"))
    #expect(lookup(explicit: "/x.json", environment: named).find() == ConfigSource(origin: .commandLine, path: "/x.json"))
    #expect(lookup(isInContainer: true).userPath == scratch.path + "/home" + "/.enkrypt/enkrypt_mcp_config.json")
  }

  @Test func `neither the defaults nor the example let anybody in`() throws {
    let log = Log(sink: ConfigLog(), scope: "config")
    let defaults = try ConfigStore.load(source: lookup().find(), environment: [:], log: log).snapshot
    #expect(defaults.directory.count == 0)
    #expect(defaults.warnings.contains { $0.description.contains("generate-config") })
    try make(scratch.path + "/share/secure-mcp-gateway/example_enkrypt_mcp_config.json", ConfigFixture.generated212)
    let example = try ConfigStore.load(source: lookup().find(), environment: [:], log: log).snapshot
    #expect(example.config.mcpConfigs.count == 1)
    #expect(example.directory.count == 0 && example.directory.record(of: ConfigFixture.key212) == nil)
    #expect(example.warnings.contains { $0.description.contains("generate-config") })
  }
}
