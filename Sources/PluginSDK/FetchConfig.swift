internal import PluginABI

/// What an auth provider may do besides: bring the configuration that a caller sees from elsewhere. For a type that is an `AuthProvider` or an
/// `AsyncAuthProvider` too.
public protocol ConfigSource: PluginProvider {
  /// Called after a caller was recognised, and again when the answer before may not be used any longer. Runs in a task of its own, cancelled when the host ends
  /// the call. What it throws refuses the request.
  @concurrent func fetchConfig(_ request: ConfigRequest) async throws -> ConfigDocument
}

/// Whose configuration is wanted; owned.
public struct ConfigRequest: Sendable {
  public var context: CallContext.Copy
  /// What `authenticate` answered, as the host keeps it: without `ttlNanoseconds` and `vary`.
  public var identity: Identity
  /// Of the copy that the host holds; empty = it holds none.
  public var etag: String

  public init(context: CallContext.Copy, identity: Identity, etag: String) {
    self.context = context
    self.identity = identity
    self.etag = etag
  }
}

/// The configuration that a caller sees.
public struct ConfigDocument: Sendable {
  public enum Content: Sendable {
    /// An object as an entry of `mcp_configs` in the gateway's configuration.
    case json([UInt8])
    /// That of the request's etag still holds.
    case unchanged
    /// The gateway's own, of the identity's `configID` or project.
    case ofHost
  }

  public var content: Content
  /// Comes back with the next request.
  public var etag: String
  /// How long the host may use it; 0 = for this request only.
  public var ttlNanoseconds: UInt64

  public init(_ content: Content, etag: String = "", ttlNanoseconds: UInt64 = 0) {
    self.content = content
    self.etag = etag
    self.ttlNanoseconds = ttlNanoseconds
  }
}

extension ConfigDocument {
  func complete(_ call: consuming Call) {
    var arena = Arena()
    var flags: UInt32 = 0
    var json = Arena.Slice.empty
    switch content {
    case .json(let bytes): json = arena.add(bytes)
    case .unchanged: flags = SMG_DOC_UNCHANGED
    case .ofHost: flags = SMG_DOC_HOST
    }
    let tag = arena.add(etag)
    let held = CallBox(call)
    arena.withBase { base in
      let document = smg_document(
        size: UInt32(MemoryLayout<smg_document>.size), flags: flags, json: base[json], etag: base[tag], ttl_ns: ttlNanoseconds)
      held.take()?.finish(document)
    }
  }
}

extension Identity {
  /// A copy of what the host passes; nil when its structure is smaller than this minor's.
  init?(_ raw: UnsafePointer<smg_identity>) {
    guard Int(raw.pointee.size) >= MemoryLayout<smg_identity>.size else { return nil }
    func text(_ bytes: smg_bytes) -> String { String(decoding: Self.buffer(bytes), as: UTF8.self) }
    let raw = raw.pointee
    self.init(
      subject: text(raw.subject), projectID: text(raw.project_id), userID: text(raw.user_id), configID: text(raw.config_id),
      role: text(raw.role), claimsJSON: Array(Self.buffer(raw.claims_json)))
  }

  private static func buffer(_ bytes: smg_bytes) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes.ptr, count: bytes.ptr == nil ? 0 : max(0, bytes.len))
  }
}
