internal import PluginABI

/// The gateway's own API keys, as an immutable snapshot that the host keeps. For auth providers.
public struct KeyDirectory: Sendable {
  nonisolated(unsafe) let host: UnsafePointer<smg_host>
  nonisolated(unsafe) let table: UnsafePointer<smg_host_directory>

  /// Looks up the key that a caller presented. The host hashes it and compares in constant time; in process this never waits.
  /// - Returns: The record, whatever its flags say; nil when there is no such key.
  /// - Throws: `PluginError` when the host could not look.
  public func find(_ presented: borrowing BorrowedText) throws -> KeyRecord? {
    var answer: Answer = .none
    let status = presented.withUTF8 { bytes in
      withUnsafeMutablePointer(to: &answer) { place in
        table.pointee.find_api_key(
          host.pointee.ctx, smg_bytes(ptr: bytes.baseAddress, len: bytes.count),
          { argument, record in argument?.assumingMemoryBound(to: Answer.self).pointee = Answer(record) },
          place)
      }
    }
    switch (status, answer) {
    case (SMG_OK, .found(let record)): return record
    case (SMG_E_NOT_FOUND, _): return nil
    case (SMG_OK, .tooSmall): throw PluginError.internal("the host's key record is smaller than this ABI minor's")
    case (SMG_OK, .none): throw PluginError.internal("the host found a key and did not show it")
    default: throw PluginError(PluginError.Status(rawValue: status) ?? .internal, "the host's key directory answered status \(status)")
    }
  }

  private enum Answer {
    case none, tooSmall
    case found(KeyRecord)

    init(_ record: UnsafePointer<smg_key_record>) {
      self = Int(record.pointee.size) >= MemoryLayout<smg_key_record>.size ? .found(KeyRecord(record.pointee)) : .tooSmall
    }
  }
}

/// What the gateway knows about one API key. Never the key itself.
public struct KeyRecord: Sendable, Hashable {
  public var keyID: String
  public var projectID: String
  public var userID: String
  public var configID: String
  public var role: String
  public var flags: Flags
  /// Grows when the directory changes.
  public var revision: UInt64

  /// Reasons to refuse a key that exists (`SMG_KEY_*`).
  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let disabled = Self(rawValue: SMG_KEY_DISABLED)
    public static let expired = Self(rawValue: SMG_KEY_EXPIRED)
    public static let userNotInProject = Self(rawValue: SMG_KEY_USER_NOT_IN_PROJECT)
    public static let projectWithoutConfig = Self(rawValue: SMG_KEY_PROJECT_WITHOUT_CONFIG)
  }

  public init(
    keyID: String, projectID: String, userID: String, configID: String, role: String, flags: Flags = [], revision: UInt64 = 0
  ) {
    self.keyID = keyID
    self.projectID = projectID
    self.userID = userID
    self.configID = configID
    self.role = role
    self.flags = flags
    self.revision = revision
  }

  init(_ raw: smg_key_record) {
    func copy(_ bytes: smg_bytes) -> String {
      String(decoding: UnsafeBufferPointer(start: bytes.ptr, count: bytes.ptr == nil ? 0 : bytes.len), as: UTF8.self)
    }
    keyID = copy(raw.key_id)
    projectID = copy(raw.project_id)
    userID = copy(raw.user_id)
    configID = copy(raw.config_id)
    role = copy(raw.role)
    flags = Flags(rawValue: raw.flags)
    revision = raw.revision
  }
}
