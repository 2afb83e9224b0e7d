internal import NIOCore
internal import RESTServer

/// Who asks the API: by `admin_apikey`, or by a key of the gateway and its role. Every failure is final, and after too many of them an address is not told any
/// more what is wrong with its keys. A right one works all the same: who shares an address with a guesser is not shut out by him.
struct AdminAuthentication: Sendable {
  private let store: ConfigStore
  private let keyUses: KeyUses?
  private let failures: FailureLimiter

  init(store: ConfigStore, keyUses: KeyUses?, maxFailures: Int) {
    self.store = store
    self.keyUses = keyUses
    failures = FailureLimiter(
      FailureLimiter.Terms(
        maxFailures: maxFailures, window: Limits.REST.failureWindow, firstLockout: Limits.REST.firstLockout,
        longestLockout: Limits.REST.longestLockout))
  }

  func caller(_ request: RESTRequest) async throws(RESTRefusal) -> AdminCaller {
    let address = Self.network(of: request.peer)
    let directory = await store.current()
    do throws(GatewayError) {
      return try caller(presenting: Self.credential(request), directory, peer: request.peer)
    } catch {
      if let lockout = failures.lockout(of: address) { throw Self.lockedOut(lockout) }
      failures.failed(address)
      throw RESTRefusal(401, error, headers: [("www-authenticate", "Bearer realm=\"secure-mcp-gateway-admin\"")])
    }
  }

  static func lockedOut(_ time: TimeAmount) -> RESTRefusal {
    let seconds = max(1, Int((time.nanoseconds + 999_999_999) / 1_000_000_000))
    return RESTRefusal(
      429, GatewayError(.rateLimited, "Too many requests were refused. Try again in \(seconds) s."),
      headers: [("retry-after", String(seconds))])
  }

  /// Of IPv6, the network that one site has (RFC 6177): its hosts are one caller.
  private static func network(of peer: String) -> String {
    guard peer.contains(":"), !peer.contains(".") else { return peer }
    return peer.split(separator: ":", omittingEmptySubsequences: false).prefix(4).joined(separator: ":")
  }

  /// The bearer token (RFC 6750 section 2.1).
  private static func credential(_ request: RESTRequest) throws(GatewayError) -> String {
    let sent = request.values(of: "authorization")
    guard let header = sent.first else { throw GatewayError(.invalidCredentials, "Authorization header required") }
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard sent.count == 1, parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= Limits.Plugin.maxPresentedKeyBytes
    else {
      throw GatewayError(.invalidCredentials, "Invalid authorization format. Use 'Bearer <api_key>'")
    }
    return String(parts[1])
  }

  /// Keys are looked up by their digest: no secret is compared with another.
  private func caller(presenting key: String, _ snapshot: ConfigSnapshot, peer: String) throws(GatewayError) -> AdminCaller {
    if let adminKey = snapshot.config.adminKey, snapshot.source.isOwn, KeyDigest(of: key.utf8) == adminKey {
      return AdminCaller(
        actor: "admin_apikey from \(peer)", surface: "rest", permissions: Set(AdminOperation.Permission.allCases))
    }
    guard let record = Array(key.utf8).withUnsafeBytes({ snapshot.directory.findAPIKey($0) }) else {
      throw GatewayError(.invalidCredentials, "Invalid API key")
    }
    if record.flags.contains(.disabled) { throw GatewayError(.invalidCredentials, "API key is disabled") }
    if record.flags.contains(.expired) { throw GatewayError(.tokenExpired, "API key has expired") }
    keyUses?.note(record.keyID)
    let isMember = !record.flags.contains(.userNotInProject)
    let isAdministrator = isMember && record.role == KeyRole.admin.rawValue
    return AdminCaller(
      actor: "key:\(record.keyID) from \(peer)", surface: "rest",
      permissions: isAdministrator ? Set(AdminOperation.Permission.allCases) : [], projectID: isMember ? record.projectID : nil)
  }
}
