/// Why a request got no answer, or only a part of one. Descriptions are for the operator's log: they name hosts and addresses, never a URL's
/// path or query, a header's value or a proxy's password.
package enum EgressError: Error, Sendable, Hashable {
  /// The request itself is not acceptable; nothing was sent.
  case badRequest(String)
  case refusedAddress(host: String, port: Int, address: String, addressClass: AddressClass)
  case cannotResolve(host: String)
  case cannotConnect(host: String, reason: String)
  case tls(host: String, reason: String)
  /// The proxy of the environment cannot be reached or refuses.
  case proxy(reason: String)
  case timedOut(TimeoutPhase)
  case tooLarge(Part, limitBytes: Int)
  /// The server points to another origin, or on and on.
  case redirected(reason: String)
  /// The connection ended too early. Unless the method is safe to repeat, the server may have done what was asked.
  case connectionLost(answerBegun: Bool)
  case protocolError(String)
  case cancelled
  case overloaded(limit: Int)
  case shuttingDown
  /// libcurl itself failed, for lack of memory or of descriptors.
  case failed(String)

  package enum TimeoutPhase: String, Sendable, Hashable {
    /// Resolving, waiting for a free connection, connecting or shaking hands.
    case connecting
    case waitingForAnswer = "waiting for the answer"
    case receivingBody = "receiving the body"
    /// No byte came for the request's idle timeout.
    case idle = "waiting for the next byte"
  }

  package enum Part: String, Sendable, Hashable {
    case headers, body
  }
}

extension EgressError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badRequest(let reason): "bad request: \(reason)"
    case .refusedAddress(let host, let port, let address, let addressClass):
      "the egress policy refuses \(host) port \(port): its address \(address) is \(addressClass.rawValue); "
        + "to allow it, add \"\(addressClass == .metadata ? address : Self.entry(host, port))\" to egress.allow"
    case .cannotResolve(let host): "cannot resolve \(host)"
    case .cannotConnect(let host, let reason): "cannot connect to \(host): \(reason)"
    case .tls(let host, let reason): "TLS with \(host) failed: \(reason)"
    case .proxy(let reason): "proxy: \(reason)"
    case .timedOut(let phase): "timed out while \(phase.rawValue)"
    case .tooLarge(let part, let limitBytes): "the answer's \(part.rawValue) exceed the limit of \(limitBytes) bytes"
    case .redirected(let reason): "redirect not followed: \(reason)"
    case .connectionLost(let answerBegun): "the connection was lost \(answerBegun ? "in the middle of" : "before") the answer"
    case .protocolError(let reason): "not proper HTTP: \(reason)"
    case .cancelled: "cancelled"
    case .overloaded(let limit): "\(limit) requests are under way already"
    case .shuttingDown: "shutting down"
    case .failed(let reason): reason
    }
  }

  private static func entry(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
