internal import PluginABI

/// Says who is calling.
public protocol AuthProvider: PluginProvider {
  /// Judges one request's credentials before it returns. What it throws is a failure, which refuses the request; a "no" is `.refused`.
  func authenticate(_ request: AuthRequest) throws -> AuthDecision
}

/// An auth provider that waits. Each call runs in a task of its own, cancelled when the host ends the call. Never block a thread in it.
public protocol AsyncAuthProvider: PluginProvider {
  /// Judges before it returns where nothing has to be waited for; nil: `authenticate` is asked. Nil unless implemented.
  func decide(_ request: AuthRequest) throws -> AuthDecision?

  @concurrent func authenticate(_ request: AuthRequest.Copy) async throws -> AuthDecision
}

extension AsyncAuthProvider {
  public func decide(_ request: AuthRequest) throws -> AuthDecision? { nil }
}

/// A request's credentials, lent for the time of one call.
public struct AuthRequest: ~Escapable {
  private let raw: smg_auth_request

  @_lifetime(borrow pointer)
  init(_ pointer: UnsafePointer<smg_auth_request>) { raw = pointer.pointee }

  /// False when the host's structures are smaller than this minor's; then nothing of them may be read.
  static func isReadable(_ pointer: UnsafePointer<smg_auth_request>) -> Bool {
    Int(pointer.pointee.size) >= MemoryLayout<smg_auth_request>.size && CallContext.isReadable(pointer.pointee.context)
  }

  public var context: CallContext { @_lifetime(copy self) get { CallContext(raw.context.pointee, of: self) } }
  /// Names in lower case, repeats kept, in order. Over stdio: the credentials that the client was configured with.
  public var headers: BorrowedPairs { @_lifetime(copy self) get { BorrowedPairs(raw.headers, of: self) } }
  /// Of HTTP; empty over stdio.
  public var method: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.method, of: self) } }
  public var target: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.target, of: self) } }
  /// The endpoint's canonical public URI (RFC 8707).
  public var resource: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.resource, of: self) } }
  /// "203.0.113.7:50211" or "[::1]:50211".
  public var peer: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.peer, of: self) } }
  /// "http" or "stdio".
  public var transport: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.transport, of: self) } }

  /// A copy that may be kept.
  public var copy: Copy {
    Copy(
      context: context.copy, headers: headers.pairs, method: method.string, target: target.string, resource: resource.string,
      peer: peer.string, transport: transport.string)
  }

  /// The same, owned.
  public struct Copy: Sendable {
    public var context: CallContext.Copy
    public var headers: [(name: String, value: String)]
    public var method: String
    public var target: String
    public var resource: String
    public var peer: String
    public var transport: String
  }
}

/// An auth provider's answer.
public enum AuthDecision: Sendable {
  case identified(Identity)
  /// An authoritative "no": never overridden by a fail policy.
  case refused(Refusal)
}

/// Who the caller is.
public struct Identity: Sendable {
  public var subject: String
  public var projectID: String
  public var userID: String
  public var configID: String
  public var role: String
  /// A JSON object; empty = none.
  public var claimsJSON: [UInt8]
  /// How long the host may reuse this answer; 0 = not at all.
  public var ttlNanoseconds: UInt64
  /// Lower-case names of the headers that the answer depends on: with their values, the key of the host's cache. Empty = not cached.
  public var vary: [String]

  public init(
    subject: String, projectID: String, userID: String, configID: String, role: String, claimsJSON: [UInt8] = [],
    ttlNanoseconds: UInt64 = 0,
    vary: [String] = []
  ) {
    self.subject = subject
    self.projectID = projectID
    self.userID = userID
    self.configID = configID
    self.role = role
    self.claimsJSON = claimsJSON
    self.ttlNanoseconds = ttlNanoseconds
    self.vary = vary
  }
}

/// Why the caller is refused. The message may be shown to the caller; it never holds a credential.
public struct Refusal: Sendable, Hashable {
  public enum Status: Int32, Sendable {
    /// No valid credentials: HTTP 401.
    case unauthenticated = 3
    /// Valid credentials that do not reach this: HTTP 403.
    case forbidden = 4
  }

  public var status: Status
  /// A stable code, e.g. "AUTH_001".
  public var code: String
  public var message: String
  /// The value of the WWW-Authenticate header; empty = the host's own.
  public var wwwAuthenticate: String

  public init(_ status: Status, code: String, message: String, wwwAuthenticate: String = "") {
    self.status = status
    self.code = code
    self.message = message
    self.wwwAuthenticate = wwwAuthenticate
  }
}

extension AuthDecision {
  func complete(_ call: consuming Call) {
    switch self {
    case .identified(let identity): identity.complete(call)
    case .refused(let refusal): refusal.complete(call)
    }
  }
}

extension Identity {
  fileprivate func complete(_ call: consuming Call) {
    var arena = Arena()
    let subject = arena.add(subject)
    let (project, user, config) = (arena.add(projectID), arena.add(userID), arena.add(configID))
    let (role, claims) = (arena.add(role), arena.add(claimsJSON))
    let names = vary.map { arena.add($0) }
    let held = CallBox(call)
    arena.withBase { base in
      let list: [smg_bytes] = names.map { base[$0] }
      list.withUnsafeBufferPointer { names in
        let identity = smg_identity(
          size: UInt32(MemoryLayout<smg_identity>.size), flags: 0, subject: base[subject], project_id: base[project], user_id: base[user],
          config_id: base[config], role: base[role], claims_json: base[claims], ttl_ns: ttlNanoseconds, vary: names.baseAddress,
          vary_count: names.count)
        held.take()?.finish(identity)
      }
    }
  }
}

extension Refusal {
  fileprivate func complete(_ call: consuming Call) {
    var arena = Arena()
    let (code, challenge, message) = (arena.add(code), arena.add(wwwAuthenticate), arena.add(message))
    let held = CallBox(call)
    arena.withBase { base in
      let refusal = smg_refusal(
        size: UInt32(MemoryLayout<smg_refusal>.size), flags: 0, code: base[code], www_authenticate: base[challenge])
      held.take()?.finish(refusal, status: status.rawValue, message: base[message])
    }
  }
}
