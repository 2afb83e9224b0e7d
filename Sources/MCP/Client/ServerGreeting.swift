package import JSON

/// What a server said about itself in its `initialize` result.
package struct ServerGreeting: Sendable {
  package let revision: Revision
  /// The whole result as it came.
  package let raw: RawJSON

  /// Nil unless the result names a legacy revision that we know.
  init?(_ raw: RawJSON) {
    guard let revision = raw["protocolVersion"]?.stringValue.flatMap({ Revision(rawValue: $0) }), revision.era == .legacy else {
      return nil
    }
    self.revision = revision
    self.raw = raw
  }

  init(revision: Revision, raw: RawJSON) {
    self.revision = revision
    self.raw = raw
  }

  /// `{name, version, …}`; untrusted, and missing from some servers.
  package var serverInfo: RawJSON? { raw["serverInfo"] }
  package var capabilities: RawJSON? { raw["capabilities"] }
  package var instructions: String? { raw["instructions"]?.stringValue }

  /// The server announced this capability, such as "tools".
  package func offers(_ capability: String) -> Bool { capabilities?[capability]?.kind == .object }
}
