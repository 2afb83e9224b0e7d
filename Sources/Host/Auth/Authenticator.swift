internal import NIOCore
package import NIOHTTP1

/// Asks the auth provider who is calling. Every failure is final: there is no way past it (fail closed).
package struct Authenticator: Sendable {
  private let cache: IdentityCache
  private let observation: Observation
  private let uses: KeyUses?

  /// - Parameter uses: nil where there is no file of configuration to keep them beside.
  package init(observation: Observation, uses: KeyUses? = nil) {
    cache = IdentityCache()
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
    if let identity = cache.find(headers, instance: state.auth, version: version) { return admit(identity, state) }
    let deadline = NIODeadline.now() + state.config.common.timeouts.auth
    switch await state.auth.authenticate(request(), deadline: deadline) {
    case .value(let identity):
      cache.store(identity, for: headers, instance: state.auth, version: version)
      return admit(identity, state)
    case .refused(let refusal):
      return refuse(AuthRefusal(refusal), because: refusal.message)
    case .failed(let failure):
      observation.log.error("The auth provider gave no answer; the request is refused", ["reason": failure.description])
      return refuse(AuthRefusal(error: GatewayError(.authProviderError, "Authentication is not available right now.")))
    }
  }

  /// An identity is worth what the configuration gives it now.
  private func admit(_ identity: Identity, _ state: GatewayState) -> Admission {
    guard let mcpConfig = state.config.mcpConfigs[identity.configID] else {
      return refuse(AuthRefusal(error: GatewayError(.authConfiguration, "No MCP config is assigned to the project of this key.")))
    }
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
    self.init(
      error: GatewayError(
        code, Self.message(code), suggestions: ["Send a gateway key as \"Authorization: Bearer <key>\" or as the header \"apikey\"."]))
    if !refusal.wwwAuthenticate.isEmpty { challenge = refusal.wwwAuthenticate }
  }

  /// 401 asks for other credentials, 403 says that these are known and not enough.
  package var status: HTTPResponseStatus {
    error.code.httpStatus == 403 ? .forbidden : error.code.httpStatus == 503 ? .serviceUnavailable : .unauthorized
  }

  /// The words for clients are the gateway's own; a plugin's message is for the operator.
  private static func message(_ code: GatewayError.Code) -> String {
    switch code {
    case .tokenExpired: "The gateway key has expired."
    case .insufficientPermissions: "These credentials do not allow this project or user."
    case .unauthorized: "The gateway key is disabled."
    case .authConfiguration: "No MCP config is assigned to the project of this key."
    default: "Valid gateway credentials are required."
    }
  }
}
