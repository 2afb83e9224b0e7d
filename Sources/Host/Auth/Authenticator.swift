internal import NIOCore
package import NIOHTTP1

/// Asks the auth provider who is calling. Every failure is final: there is no way past it (fail closed).
package struct Authenticator: Sendable {
  private let cache = IdentityCache()
  private let configs: FetchedConfigs
  private let observation: Observation
  private let uses: KeyUses?

  /// - Parameters:
  ///   - uses: nil where there is no file of configuration to keep them beside.
  ///   - onChange: a caller's configuration, fetched by the provider, is another one than before.
  package init(
    observation: Observation, uses: KeyUses? = nil, onChange: @escaping @Sendable (_ old: MCPConfig, _ new: MCPConfig) -> Void = { _, _ in }
  ) {
    configs = FetchedConfigs(onChange: onChange)
    self.observation = observation
    self.uses = uses
  }

  /// The caller, or what the client is told instead.
  package enum Admission: Sendable {
    case caller(Caller)
    case refused(AuthRefusal)
  }

  /// - Parameter request: made only when no answer is at hand.
  package func admit(_ headers: HTTPHeaders, state: GatewayState, _ request: () -> AuthRequest) async -> Admission {
    let version = state.snapshot.directory.version
    if let known = cache.find(headers, instance: state.auth, version: version) { return admit(known, state) }
    let deadline = NIODeadline.now() + state.config.common.timeouts.auth
    let request = request()
    switch await state.auth.authenticate(request, deadline: deadline) {
    case .value(let identity):
      do throws(FetchedConfigs.Failure) {
        let (known, ttl) = try await complete(identity, request.context, state, deadline)
        cache.store(known, ttlNanoseconds: ttl, for: headers, instance: state.auth, version: version)
        return admit(known, state)
      } catch {
        switch error {
        case .refused(let refusal): return refuse(AuthRefusal(refusal), because: refusal.message)
        case .failed(let reason): return unavailable("The auth provider brought no configuration; the request is refused", reason)
        }
      }
    case .refused(let refusal):
      return refuse(AuthRefusal(refusal), because: refusal.message)
    case .failed(let failure):
      return unavailable("The auth provider gave no answer; the request is refused", failure.description)
    }
  }

  /// The caller together with what the provider brings for them, if it does such a thing.
  private func complete(
    _ identity: Identity, _ context: CallContext, _ state: GatewayState, _ deadline: NIODeadline
  ) async throws(FetchedConfigs.Failure) -> (known: IdentityCache.Known, ttlNanoseconds: UInt64) {
    guard state.auth.fetchesConfigs else { return (IdentityCache.Known(identity, fetched: nil), identity.ttlNanoseconds) }
    var context = context
    context.principal = identity.subject
    (context.projectID, context.userID, context.configID) = (identity.projectID, identity.userID, identity.configID)
    let (config, ttl) = try await configs.fetch(for: identity, context, state, deadline: deadline)
    return (IdentityCache.Known(identity, fetched: config), min(identity.ttlNanoseconds, ttl))
  }

  private func unavailable(_ message: String, _ reason: String) -> Admission {
    observation.log.error(message, ["reason": reason])
    return refuse(AuthRefusal(error: GatewayError(.authProviderError, "Authentication is not available right now.")))
  }

  /// An identity is worth what the configuration gives it now. A provider that names a project and no configuration means the project's.
  private func admit(_ known: IdentityCache.Known, _ state: GatewayState) -> Admission {
    let identity = known.identity
    if let fetched = known.fetched { return admit(identity, fetched, state) }
    let configID = identity.configID.isEmpty ? state.config.projects[identity.projectID]?.mcpConfigID ?? "" : identity.configID
    guard let mcpConfig = state.config.mcpConfigs[configID] else {
      let known = state.config.projects[identity.projectID] == nil ? "is not known to this gateway" : "has no MCP config"
      return refuse(
        AuthRefusal(error: GatewayError(.authConfiguration, AuthRefusal.message(.authConfiguration))),
        because: "the project that the auth provider named (\(identity.projectID.isEmpty ? "none" : identity.projectID)) \(known)")
    }
    return admit(identity, mcpConfig, state)
  }

  private func admit(_ identity: Identity, _ mcpConfig: MCPConfig, _ state: GatewayState) -> Admission {
    observation.metrics.authSuccess.increment()
    if let uses, let keyID = identity.keyID { uses.note(keyID) }
    return .caller(
      Caller(
        principal: identity.subject, projectID: identity.projectID, userID: identity.userID, role: identity.role, mcpConfig: mcpConfig,
        state: state))
  }

  /// - Parameter message: the provider's own words, for the log.
  private func refuse(_ refusal: AuthRefusal, because message: String = "") -> Admission {
    observation.metrics.authFailure.increment()
    observation.log.info(
      "Request refused", ["code": refusal.error.code.rawValue, "reason": message.isEmpty ? refusal.error.message : message])
    return .refused(refusal)
  }
}

/// What a client that is not let in is told: HTTP status, error and challenge (RFC 9110 section 11.6.1).
package struct AuthRefusal: Sendable {
  package var error: GatewayError
  package var challenge: String

  package init(error: GatewayError, challenge: String = "Bearer realm=\"secure-mcp-gateway\"") {
    self.error = error
    self.challenge = challenge
  }

  package init(_ refusal: Refusal) {
    let fallback: GatewayError.Code = refusal.status == .forbidden ? .insufficientPermissions : .invalidCredentials
    let code = GatewayError.Code(rawValue: refusal.code) ?? fallback
    self.init(error: GatewayError(code, refusal.message.isEmpty ? Self.message(code) : refusal.message))
    if !refusal.wwwAuthenticate.isEmpty { challenge = refusal.wwwAuthenticate }
  }

  /// 401 asks for other credentials, 403 says that these are known and not enough.
  package var status: HTTPResponseStatus {
    error.code.httpStatus == 403 ? .forbidden : error.code.httpStatus == 503 ? .serviceUnavailable : .unauthorized
  }

  /// For a provider that says nothing itself.
  static func message(_ code: GatewayError.Code) -> String {
    switch code {
    case .tokenExpired: "These credentials have expired."
    case .insufficientPermissions: "These credentials do not allow this project or user."
    case .unauthorized: "These credentials are disabled."
    case .authConfiguration: "No MCP config is assigned to the project of these credentials."
    default: "Valid gateway credentials are required."
    }
  }
}
