package import JSON

/// Which era a POST belongs to. One endpoint serves both, so every request is asked anew.
package enum EraDecision: Sendable, Equatable {
  /// The stateless path; `ModernEnvelope` says what is wrong with it, if anything.
  case modern
  /// The session path. `header` is the revision that the header names, nil if there is none.
  case legacy(header: Revision?)
  /// The header names a version nobody knows and nothing in the body claims it is modern: HTTP 400.
  case unknownVersion(String)

  /// `headerVersion` is the value of `MCP-Protocol-Version`.
  ///
  /// `initialize` always opens a legacy session. Else the body decides when its `_meta` names a version, so that a header that
  /// contradicts it is reported as such; then the header does.
  package static func decide(headerVersion: String?, body: Message) -> EraDecision {
    if case .request(let request) = body, request.method == MethodName.initialize {
      return .legacy(header: headerVersion.flatMap { Revision(rawValue: $0) })
    }
    if body.meta?[MetaKey.protocolVersion] != nil { return .modern }
    guard let headerVersion else { return .legacy(header: nil) }
    guard let revision = Revision(rawValue: headerVersion) else { return .unknownVersion(headerVersion) }
    return revision.era == .modern ? .modern : .legacy(header: revision)
  }
}

extension Message {
  /// `_meta` of its params.
  package var meta: RawJSON? {
    switch self {
    case .request(let request): request.meta
    case .notification(let notification): notification.meta
    case .response: nil
    }
  }
}
