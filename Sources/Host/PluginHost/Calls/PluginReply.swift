/// What came of one operation on a provider.
package enum PluginReply<Value: Sendable>: Sendable {
  case value(Value)
  /// An authoritative "no" (`UNAUTHENTICATED`, `FORBIDDEN`): never subject to a fail-open policy.
  case refused(Refusal)
  case failed(PluginFailure)
}

/// An authoritative "no" (`smg_refusal`).
package struct Refusal: Error, Sendable, Hashable {
  package enum Status: Sendable, Hashable { case unauthenticated, forbidden }

  package var status: Status
  /// "AUTH_001" and so on; empty when the provider gave none.
  package var code: String
  /// Value for the `WWW-Authenticate` header; empty when the provider gave none.
  package var wwwAuthenticate: String
  /// For the operator's log; never shown to clients.
  package var message: String

  package init(status: Status, code: String = "", wwwAuthenticate: String = "", message: String = "") {
    self.status = status
    self.code = code
    self.wwwAuthenticate = wwwAuthenticate
    self.message = message
  }
}

/// Why an operation has no answer. What follows from it is the binding's fail policy, never the provider's decision.
package struct PluginFailure: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case invalid, unsupported, timeout, cancelled, unavailable, `internal`
    case notFound = "not_found"
    /// The provider answered, but not in the form the ABI demands.
    case malformed
  }

  package var code: Code
  /// For the operator's log; never shown to clients.
  package var message: String
  /// The provider's advice; 0 = none.
  package var retryAfterMilliseconds: UInt32

  package init(_ code: Code, _ message: String, retryAfterMilliseconds: UInt32 = 0) {
    self.code = code
    self.message = message
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }

  package var description: String { "\(code.rawValue): \(message)" }
}
