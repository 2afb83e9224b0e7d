internal import JSON

/// One caller to be recognised (`smg_auth_request`).
package struct AuthRequest: Sendable {
  package var context: CallContext
  /// Names in lower case, repeats kept, in order.
  package var headers: [(name: String, value: String)]
  /// HTTP method and request target; empty on stdio.
  package var method: String
  package var target: String
  /// Canonical public URI of this endpoint (RFC 8707).
  package var resource: String
  /// "203.0.113.7:50211" or "[::1]:50211".
  package var peer: String
  /// "http" or "stdio".
  package var transport: String

  package init(
    context: CallContext, headers: [(name: String, value: String)], method: String = "", target: String = "", resource: String = "",
    peer: String = "", transport: String
  ) {
    self.context = context
    self.headers = headers
    self.method = method
    self.target = target
    self.resource = resource
    self.peer = peer
    self.transport = transport
  }
}

/// A recognised caller (`smg_identity`), copied and checked.
package struct Identity: Sendable, Hashable {
  package var subject: String
  package var projectID: String
  package var userID: String
  package var configID: String
  package var role: String
  /// Empty or a valid JSON object.
  package var claimsJSON: [UInt8]
  /// Of a key of the gateway's own: its id, from the claims.
  package let keyID: String?
  /// How long this answer may be reused; 0 = not at all.
  package var ttlNanoseconds: UInt64
  /// Lower-case names of the headers the answer depends on: with their values, the cache key. Empty = not cached.
  package var vary: [String]

  package init(
    subject: String, projectID: String = "", userID: String = "", configID: String = "", role: String = "", claimsJSON: [UInt8] = [],
    ttlNanoseconds: UInt64 = 0, vary: [String] = []
  ) {
    self.subject = subject
    self.projectID = projectID
    self.userID = userID
    self.configID = configID
    self.role = role
    self.claimsJSON = claimsJSON
    keyID = Self.keyID(claimsJSON)
    self.ttlNanoseconds = ttlNanoseconds
    self.vary = vary
  }

  /// `io.enkrypt.gateway/key_id` of the claims. What is no id of a key is left out: claims may come from anywhere.
  private static func keyID(_ claims: [UInt8]) -> String? {
    guard !claims.isEmpty else { return nil }
    do {
      guard let id = try RawJSON(validating: claims)["io.enkrypt.gateway/key_id"]?.stringValue else { return nil }
      return id.utf8.count == KeyDigest.keyIDCharacters && id.utf8.allSatisfy { Hex.value($0) != nil } ? id : nil
    } catch {
      return nil
    }
  }
}
