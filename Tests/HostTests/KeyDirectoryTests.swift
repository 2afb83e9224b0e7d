import Testing

@testable import Host

@Suite struct KeyDirectoryTests {
  private static let document = #"""
    {
      "mcp_configs": { "c": { "mcp_config_name": "n", "mcp_config": [] } },
      "projects": {
        "with": { "project_name": "with", "mcp_config_id": "c", "users": ["in"] },
        "without": { "project_name": "without", "mcp_config_id": null, "users": ["in"] }
      },
      "users": { "in": { "email": "in@example.com" }, "out": { "email": "out@example.com" } },
      "apikeys": {
        "good-key-0123456789": { "project_id": "with", "user_id": "in" },
        "off-key-0123456789": { "project_id": "with", "user_id": "in", "disabled": true },
        "old-key-0123456789": { "project_id": "with", "user_id": "in", "expires_at": "2030-01-01T00:00:00Z" },
        "stranger-key-0123456789": { "project_id": "with", "user_id": "out" },
        "bare-key-0123456789": { "project_id": "without", "user_id": "in" },
        "all-key-0123456789": { "project_id": "without", "user_id": "out", "disabled": true, "expires_at": "2030-01-01T00:00:00+00:00" },
        "x-key-that-begins-like-a-comment": { "project_id": "with", "user_id": "in" },
        "sha256:7c4f5c5d1a7f5ff2e6e6c0d1f9f5b1a4c4ed8e6c1e2a3d84b7d1d9b6e0f1a2b3": { "project_id": "with", "user_id": "in" }
      }
    }
    """#

  /// Seconds since 1970 of 2030-01-01T00:00:00Z.
  private static let newYear2030: Int64 = 1_893_456_000

  private func directory(at now: Int64) throws -> KeyDirectory {
    KeyDirectory(try readConfig(Self.document).config, revision: 7, now: { now })
  }

  @Test func `an answer about a key lasts until one expires`() throws {
    let before = try directory(at: Self.newYear2030 - 1).version
    #expect(before == KeyDirectory.Version(revision: 7, expiredKeys: 0))
    #expect(try directory(at: Self.newYear2030).version == KeyDirectory.Version(revision: 7, expiredKeys: 2))
    #expect(try directory(at: 0).version == before)
  }

  @Test func `each key carries the reasons against it`() throws {
    let before = try directory(at: Self.newYear2030 - 1)
    let after = try directory(at: Self.newYear2030)
    #expect(before.record(of: "good-key-0123456789")?.flags == [])
    #expect(before.record(of: "x-key-that-begins-like-a-comment")?.flags == [])
    #expect(before.record(of: "off-key-0123456789")?.flags == .disabled)
    #expect(before.record(of: "old-key-0123456789")?.flags == [])
    #expect(after.record(of: "old-key-0123456789")?.flags == .expired)
    #expect(before.record(of: "stranger-key-0123456789")?.flags == .userNotInProject)
    #expect(before.record(of: "bare-key-0123456789")?.flags == .projectWithoutConfig)
    #expect(after.record(of: "all-key-0123456789")?.flags == [.disabled, .expired, .userNotInProject, .projectWithoutConfig])
  }

  @Test func `a record names its key by digest and whom it stands for`() throws {
    let record = try #require(try directory(at: 0).record(of: "good-key-0123456789"))
    #expect(record.projectID == "with" && record.userID == "in" && record.configID == "c" && record.revision == 7)
    #expect(record.keyID == KeyDigest(of: "good-key-0123456789".utf8).keyID && record.keyID.count == 12)
  }

  @Test(arguments: [
    "", "good-key-012345678", "good-key-0123456789 ", "GOOD-KEY-0123456789",
    "sha256:7c4f5c5d1a7f5ff2e6e6c0d1f9f5b1a4c4ed8e6c1e2a3d84b7d1d9b6e0f1a2b3",
  ])
  func `nothing else is a key, not even a stored digest`(_ presented: String) throws {
    #expect(try directory(at: 0).record(of: presented) == nil)
  }

  @Test func `a key stored as a digest is found by its text, and its text is not in the configuration`() throws {
    let digest = KeyDigest(of: "the-real-key-0123456789".utf8)
    let text = Self.document.replacing("good-key-0123456789", with: "sha256:\(digest.hex.uppercased())")
    let config = try readConfig(text).config
    #expect(KeyDirectory(config, revision: 1).record(of: "the-real-key-0123456789")?.flags == [])
    #expect(config.apiKeys.first?.isStoredInClear == false)
    #expect(!"\(config)".contains("off-key"))
  }

  @Test func `the same key in clear and as its digest is a mistake`() {
    let digest = KeyDigest(of: "off-key-0123456789".utf8).hex
    let found = problems(Self.document.replacing("good-key-0123456789", with: "sha256:\(digest)"))
    #expect(found.map(\.reason) == ["this key stands here twice, once in clear and once as its digest"])
  }

  @Test func `digests are SHA-256`() {
    // FIPS 180-2, appendix B.1.
    #expect(KeyDigest(of: "abc".utf8).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(KeyDigest(of: "".utf8).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(KeyDigest(hex: KeyDigest(of: "abc".utf8).hex) == KeyDigest(of: "abc".utf8))
    #expect(KeyDigest(hex: String(repeating: "g", count: 64)) == nil)
  }

  @Test func `a hundred thousand keys are read, and each is found`() throws {
    var keys = ""
    for number in 0..<100_000 {
      keys +=
        #"\#(number == 0 ? "" : ",")"key-\#(number)-0123456789abcdef0123456789abcdef": {"project_id": "p", "user_id": "u", "created_at": "2026"}"#
    }
    let text =
      #"{"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": []}}, "users": {"u": {}}, "#
      + #""projects": {"p": {"mcp_config_id": "c", "users": ["u"]}}, "apikeys": {\#(keys)}}"#
    let clock = ContinuousClock()
    var config = GatewayConfig()
    let reading = try clock.measure { config = try readConfig(text).config }
    var directory = KeyDirectory(GatewayConfig(), revision: 0)
    let building = clock.measure { directory = KeyDirectory(config, revision: 1) }
    var missed = 0
    let finding = clock.measure {
      for number in 0..<100_000 where directory.record(of: "key-\(number)-0123456789abcdef0123456789abcdef")?.flags != [] { missed += 1 }
    }
    print("100,000 keys: reading \(reading), building \(building), one lookup \(finding / 100_000)")
    #expect(missed == 0 && directory.count == 100_000)
  }
}

@Suite struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600), ("2026-12-31T23:59:59.999999Z", 1_798_761_599),
    ("2025-07-16T17:02:00.406877", 1_752_685_320), ("2026-01-01 02:00:00+02:00", 1_767_225_600), ("1969-12-31T23:59:59Z", -1),
    ("2025-12-31T19:00:00-05:00", 1_767_225_600),
  ])
  func `ISO 8601 times are read`(_ text: String, _ seconds: Int64) {
    #expect(Timestamp.unixSeconds(text) == seconds)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00X", "2026-01-01T00:00:00Zz",
    "2026-01-01T00:00:00.Z",
  ])
  func `what is no time is refused`(_ text: String) {
    #expect(Timestamp.unixSeconds(text) == nil)
  }

  @Test(arguments: [Int64(0), 951_782_400, 1_709_164_800, 1_798_761_599, 4_102_444_800])
  func `writing and reading a time agree`(_ seconds: Int64) {
    #expect(Timestamp.unixSeconds(Timestamp.text(unixSeconds: seconds)) == seconds)
  }
}
