/// What `fetch_config` is asked.
package struct ConfigQuestion: Sendable {
  package var context: CallContext
  package var identity: Identity
  /// Of the copy that the host holds; empty = none.
  package var etag: String

  package init(context: CallContext, identity: Identity, etag: String = "") {
    self.context = context
    self.identity = identity
    self.etag = etag
  }
}

/// What it answers (`smg_document`), copied and checked.
package struct FetchedDocument: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    /// A valid JSON object.
    case json([UInt8])
    /// That of the etag in the question still holds.
    case unchanged
    /// The gateway's own configuration.
    case ofHost
  }

  package var content: Content
  package var etag: String
  /// How long it may be used; 0 = for this request only.
  package var ttlNanoseconds: UInt64

  package init(_ content: Content, etag: String = "", ttlNanoseconds: UInt64 = 0) {
    self.content = content
    self.etag = etag
    self.ttlNanoseconds = ttlNanoseconds
  }
}
