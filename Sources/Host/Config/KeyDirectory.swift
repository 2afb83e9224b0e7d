/// The gateway's own keys by digest: one immutable directory a snapshot. A presented key is hashed and looked up; no secret is compared with another, so
/// the time tells nothing about them.
package struct KeyDirectory: DirectorySource {
  private struct Entry {
    var projectID: String
    var userID: String
    var configID: String
    var flags: KeyRecord.Flags
    var role: KeyRole
    var expiresAtUnixSeconds: Int64
  }

  private let entries: [KeyDigest: Entry]
  /// When keys expire, in rising order.
  private let expiries: [Int64]
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
        projectID: key.projectID, userID: key.userID, configID: configID ?? "", flags: flags, role: key.role,
        expiresAtUnixSeconds: key.expiresAtUnixSeconds ?? .max)
    }
    self.entries = entries
    expiries = entries.values.map(\.expiresAtUnixSeconds).filter { $0 != .max }.sorted()
    self.revision = revision
    self.now = now
  }

  package var count: Int { entries.count }

  /// What every answer about a key depends on: changes with the document, and at the moment when a key expires.
  package struct Version: Sendable, Hashable {
    package var revision: UInt64
    package var expiredKeys: Int

    package init(revision: UInt64, expiredKeys: Int) {
      self.revision = revision
      self.expiredKeys = expiredKeys
    }
  }

  package var version: Version { Version(revision: revision, expiredKeys: expiries.isEmpty ? 0 : expiredKeys(at: now())) }

  /// A binary search, since this is asked for with every request.
  private func expiredKeys(at moment: Int64) -> Int {
    var low = 0
    var high = expiries.count
    while low < high {
      let middle = (low + high) / 2
      if expiries[middle] <= moment { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package static func wallClock() -> Int64 { Int64(WallClock.nowUnixNanoseconds() / 1_000_000_000) }

  package func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? {
    let digest = KeyDigest(of: presented)
    guard let entry = entries[digest] else { return nil }
    var flags = entry.flags
    if entry.expiresAtUnixSeconds != .max, entry.expiresAtUnixSeconds <= now() { flags.insert(.expired) }
    return KeyRecord(
      keyID: digest.keyID, projectID: entry.projectID, userID: entry.userID, configID: entry.configID, role: entry.role.rawValue,
      flags: flags,
      revision: revision)
  }
}
