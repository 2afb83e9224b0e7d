/// The gateway's own keys by digest: one immutable directory a snapshot. A presented key is hashed and looked up; no secret is compared with another, so
/// the time tells nothing about them.
package struct KeyDirectory: DirectorySource {
  private struct Entry {
    var projectID: String
    var userID: String
    var configID: String
    var flags: KeyRecord.Flags
    var expiresAtUnixSeconds: Int64
  }

  private let entries: [KeyDigest: Entry]
  private let revision: UInt64
  private let now: @Sendable () -> Int64

  /// `now` gives seconds since 1970.
  package init(_ config: GatewayConfig, revision: UInt64, now: @escaping @Sendable () -> Int64 = KeyDirectory.wallClock) {
    var entries: [KeyDigest: Entry] = Dictionary(minimumCapacity: config.apiKeys.count)
    let members = config.projects.mapValues { Set($0.users) }
    for key in config.apiKeys {
      let configID = config.projects[key.projectID]?.mcpConfigID
      var flags: KeyRecord.Flags = key.isDisabled ? .disabled : []
      if members[key.projectID]?.contains(key.userID) != true { flags.insert(.userNotInProject) }
      if configID.flatMap({ config.mcpConfigs[$0] }) == nil { flags.insert(.projectWithoutConfig) }
      entries[key.digest] = Entry(
        projectID: key.projectID, userID: key.userID, configID: configID ?? "", flags: flags,
        expiresAtUnixSeconds: key.expiresAtUnixSeconds ?? .max)
    }
    self.entries = entries
    self.revision = revision
    self.now = now
  }

  package var count: Int { entries.count }

  package static func wallClock() -> Int64 { Int64(WallClock.nowUnixNanoseconds() / 1_000_000_000) }

  package func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? {
    let digest = KeyDigest(of: presented)
    guard let entry = entries[digest] else { return nil }
    var flags = entry.flags
    if entry.expiresAtUnixSeconds != .max, entry.expiresAtUnixSeconds <= now() { flags.insert(.expired) }
    return KeyRecord(
      keyID: digest.keyID, projectID: entry.projectID, userID: entry.userID, configID: entry.configID, role: "user", flags: flags,
      revision: revision)
  }
}
