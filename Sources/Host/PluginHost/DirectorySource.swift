internal import PluginABI

/// The gateway's own API keys, as auth providers see them through `smg.host.directory/0`.
package protocol DirectorySource: Sendable {
  /// The record of a key as the caller presented it, or nil. Thread-safe, never waits; answers from an immutable snapshot; takes the same time
  /// whether or not the key exists.
  func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord?
}

/// One API key and whom it stands for (`smg_key_record`).
package struct KeyRecord: Sendable, Hashable {
  /// Why a key that exists must not be accepted (`SMG_KEY_*`).
  package struct Flags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let disabled = Flags(rawValue: SMG_KEY_DISABLED)
    package static let expired = Flags(rawValue: SMG_KEY_EXPIRED)
    package static let userNotInProject = Flags(rawValue: SMG_KEY_USER_NOT_IN_PROJECT)
    package static let projectWithoutConfig = Flags(rawValue: SMG_KEY_PROJECT_WITHOUT_CONFIG)
  }

  package var keyID: String
  package var projectID: String
  package var userID: String
  package var configID: String
  package var role: String
  package var flags: Flags
  /// Grows with every change of the directory.
  package var revision: UInt64

  package init(keyID: String, projectID: String, userID: String, configID: String, role: String, flags: Flags = [], revision: UInt64) {
    self.keyID = keyID
    self.projectID = projectID
    self.userID = userID
    self.configID = configID
    self.role = role
    self.flags = flags
    self.revision = revision
  }
}
