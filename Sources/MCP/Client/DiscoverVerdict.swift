package import JSON

/// What an answer to `server/discover` says about the era of a server.
package enum DiscoverVerdict: Sendable {
  /// It speaks 2026-07-28.
  case modern(ServerGreeting)
  /// Nothing says that it does: `initialize` is to be tried.
  case legacy
  /// It names the revisions that it speaks, and the gateway speaks none of them.
  case incompatible

  /// Only -32022 without a legacy revision among `supported` rules `initialize` out; servers answer what they do not know with all sorts of errors.
  package init(_ outcome: Response.Outcome) {
    switch outcome {
    case .result(let result): self = ServerGreeting(discovered: result).map(Self.modern) ?? .legacy
    case .error(let error):
      guard error.code == ErrorCode.unsupportedVersion, let supported = error.data?["supported"], supported.kind == .array else {
        self = .legacy
        return
      }
      let revisions = supported.elements.compactMap { $0.stringValue.flatMap(Revision.init(rawValue:)) }
      self = revisions.contains { $0.era == .legacy } ? .legacy : .incompatible
    }
  }
}

extension ServerGreeting {
  /// Reads a `server/discover` result; nil unless it offers 2026-07-28. `raw` then has `protocolVersion` and `serverInfo` where an `initialize` result
  /// has them, beside everything that the server said.
  package init?(discovered result: RawJSON) {
    guard let versions = result["supportedVersions"], versions.elements.contains(where: { $0.stringValue == Revision.newest.rawValue }),
      var object = result.value.objectValue
    else { return nil }
    object["protocolVersion"] = .string(Revision.newest.rawValue)
    if let info = result["_meta"]?[MetaKey.serverInfo] { object["serverInfo"] = info.value }
    self.init(revision: .newest, raw: RawJSON(.object(object)))
  }
}
