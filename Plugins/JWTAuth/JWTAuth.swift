internal import Glibc
internal import JSON
internal import PluginSDK

/// Knows callers by signed tokens of an identity provider (RFC 7519), verified with the public keys that it publishes.
struct JWTAuth: AsyncAuthProvider {
  static let name = "jwt"
  static let configSchema = JWTConfig.schema

  private let config: JWTConfig
  private let keys: KeyCache

  init(config: PluginConfig, host: PluginServices) throws {
    let config = try JWTConfig(config)
    self.config = config
    if case .url = config.source, host.http == nil { throw PluginError.unavailable("the host offers no HTTP (smg.host.http/0)") }
    keys = KeyCache(KeyLoader(source: config.source, timeoutSeconds: config.timeoutSeconds, http: host.http), config.policy, host)
    switch config.source {
    case .fixed(let set): keys.begin(with: set)
    // A file that cannot be used is told at once; a service may be asked only when the instance is there.
    case .file(let path): keys.begin(with: try KeyLoader.read(path))
    case .url: break
    }
  }

  func health() throws { try keys.health() }

  func stop(before deadline: MonotonicTime) { keys.stop(before: deadline) }

  func authenticate(_ request: AuthRequest.Copy) async throws -> AuthDecision {
    let token: SignedToken
    switch BearerToken.read(request.headers) {
    case .none: return .refused(.noToken)
    case .conflicting: return .refused(.conflicting)
    case .token(let text):
      do throws(SignedToken.Flaw) { token = try SignedToken(text.utf8) } catch { return .refused(.flawed(error)) }
    }
    guard config.algorithms.contains(token.algorithm) else { return .refused(.algorithmNotAllowed) }
    if let refusal = try await verify(token) { return .refused(refusal) }
    do throws(SignedToken.Flaw) {
      return decide(try token.claims(), wished: BearerToken.wishedProject(request.headers))
    } catch {
      return .refused(.flawed(error))
    }
  }

  /// Nil when a key of the provider signed it.
  private func verify(_ token: SignedToken) async throws -> Refusal? {
    let (known, generation) = try await keys.current()
    let first = known.candidates(id: token.keyID, token.algorithm)
    if Self.verifies(token, first) { return nil }
    // A key with this name is there, and it did not sign.
    guard token.keyID == nil || first.isEmpty else { return .badSignature }
    let newer = try await keys.newer(than: generation)?.candidates(id: token.keyID, token.algorithm) ?? []
    if Self.verifies(token, newer) { return nil }
    return first.isEmpty && newer.isEmpty ? .unknownKey : .badSignature
  }

  private static func verifies(_ token: SignedToken, _ candidates: [PublicKey]) -> Bool {
    candidates.contains { $0.verifies(token.signature, of: token.signed, by: token.algorithm) }
  }

  /// Who a token's verified claims say the caller is.
  private func decide(_ claims: RawJSON, wished: String?) -> AuthDecision {
    let secondsLeft: Double
    do throws(ClaimRules.Broken) {
      secondsLeft = try config.rules.check(claims, unixSeconds: Self.unixSeconds())
    } catch {
      return .refused(.broken(error))
    }
    guard let subject = claims[config.subjectClaim]?.stringValue, (1...255).contains(subject.utf8.count) else {
      return .refused(.noSubject)
    }
    let projects = config.project.candidates(claims)
    let project: String
    switch (projects.count, wished) {
    case (0, _): return .refused(.noProject)
    case (_, let wished?):
      guard projects.contains(wished) else { return .refused(.otherProject) }
      project = wished
    case (1, nil): project = projects[0]
    default: return .refused(.severalProjects)
    }
    guard let user = config.user.candidates(claims).first else { return .refused(.noUser) }
    let seconds = min(config.identitySeconds, max(0, secondsLeft))
    return .identified(
      Identity(
        // The subject stands last, as it alone may have blanks in it: no two callers share a name.
        subject: "\(claims["iss"]?.stringValue ?? "") \(project) \(subject)", projectID: project, userID: user, configID: "",
        role: config.role.candidates(claims).first ?? "", ttlNanoseconds: UInt64(seconds * 1e9), vary: BearerToken.headerNames))
  }

  private static func unixSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
