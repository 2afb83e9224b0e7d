internal import JSON
internal import NIOCore
package import NIOPosix
package import RESTServer
internal import Synchronization

/// The REST API: requests → operations → answers. Knows nothing of sockets; ``RESTServer`` carries it.
package final class AdminAPI: Sendable {
  package let routes = RESTRoutes()
  let configPath: String
  private let executablePath: String
  private let store: ConfigStore
  private let origins: RESTOrigins
  private let authentication: AdminAuthentication
  private let files: ExportFolder
  private let kept = KeptAnswers()
  private let denials = FailureLimiter(
    FailureLimiter.Terms(
      maxFailures: Limits.REST.maxDenials, window: Limits.REST.failureWindow, firstLockout: Limits.REST.firstLockout,
      longestLockout: Limits.REST.firstLockout))
  /// Not a lockout of anybody: how many refused credentials are put on record.
  private let recorded = FailureLimiter(
    FailureLimiter.Terms(
      maxFailures: Limits.REST.maxRecordedFailures, window: Limits.REST.failureWindow, firstLockout: Limits.REST.failureWindow,
      longestLockout: Limits.REST.failureWindow))
  private let threads: NIOThreadPool
  private let waiting = Atomic<Int>(0)
  private let maxBodyBytes: Int
  private let gateway: RunningGateway?
  private let description: [UInt8]
  private let log: Log

  /// - Parameters:
  ///   - threads: where operations run, since they wait for locks and disks.
  ///   - gateway: that this is a part of.
  package init(
    store: ConfigStore, configPath: String, executablePath: String, settings: AdminAPISettings, keyUses: KeyUses?, threads: NIOThreadPool,
    log: Log, gateway: RunningGateway? = nil
  ) {
    self.gateway = gateway
    self.store = store
    self.configPath = FilePath.resolvingLinks(configPath)
    self.executablePath = executablePath
    origins = RESTOrigins(settings)
    authentication = AdminAuthentication(store: store, keyUses: keyUses, maxFailures: settings.maxFailures)
    files = ExportFolder(configPath: configPath)
    self.threads = threads
    maxBodyBytes = settings.maxBodyBytes
    description = OpenAPI.document.serialized()
    self.log = log
  }

  package func answer(_ request: RESTRequest) async -> RESTAnswer {
    let entry = routes.entry(of: request.path)
    var answer: RESTAnswer
    do throws(RESTRefusal) {
      try origins.check(request)
      if let preflight = origins.preflight(request) { answer = preflight } else { answer = try await target(request, entry) }
    } catch {
      if error.status >= 500 {
        log.error("Request to the REST API failed", ["reason": error.error.message, "cause": error.error.cause ?? ""])
      }
      answer = RESTErrors.answer(error, path: request.path)
    }
    answer.headers += origins.answerHeaders(for: request) + Self.answerHeaders
    log.debug("REST request", ["method": request.method, "path": entry?.path ?? "?", "status": String(answer.status)])
    return answer
  }

  private static let answerHeaders: [(name: String, value: String)] = [
    ("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
  ]

  private func target(_ request: RESTRequest, _ entry: RESTRoutes.Entry?) async throws(RESTRefusal) -> RESTAnswer {
    guard let entry else { throw RESTRefusal(404, "Nothing is served here. /docs shows what is.") }
    switch entry.target {
    case .operations(let operations):
      guard let operation = operations[request.method == "HEAD" ? "GET" : request.method] else { throw Self.notAllowed(entry.target) }
      return try await operate(request, operation, entry.path)
    case _ where request.method != "GET" && request.method != "HEAD": throw Self.notAllowed(entry.target)
    case .health: return health()
    case .ready: return try await ready()
    case .openAPI: return .json(200, description)
    case .asset(let asset): return asset.answer
    }
  }

  private static func notAllowed(_ target: RESTRoutes.Target) -> RESTRefusal {
    RESTRefusal(405, "This method is not served here.", headers: [("allow", target.methods.joined(separator: ", "))])
  }

  // MARK: Operations

  private func operate(_ request: RESTRequest, _ operation: AdminOperation, _ template: String) async throws(RESTRefusal) -> RESTAnswer {
    let runner = try await admitted(request, operation)
    do {
      guard let query = PercentDecoding.query(request.query), let path = RESTRoutes.parameters(of: template, in: request.path) else {
        throw RESTRefusal(400, "The URL has an escape that cannot be decoded.")
      }
      var input = try RESTInput(operation, path: path, query: query, ifMatch: request.values(of: "if-match"))
      let body = RESTInput.takesBody(operation) ? try await self.body(request) : []
      if !body.isEmpty { try input.take(try Self.json(body, maxBytes: maxBodyBytes), files: files) }
      guard let key = try Self.idempotencyKey(request, operation, input) else {
        return try await run(operation, input, runner, request)
      }
      let fingerprint = KeyDigest(of: Array("\(request.method) \(request.path)?\(request.query)\n".utf8) + body)
      return try await once("\(runner.caller.actor)\n\(key)", fingerprint, operation, runner) { () throws in
        try await self.run(operation, input, runner, request)
      }
    } catch {
      let refusal = RESTErrors.refusal(error, of: operation, for: runner.caller)
      if refusal.status == 403 { denials.failed(runner.caller.actor) }
      throw refusal
    }
  }

  /// Who asks is known, and may ask for this; nothing else of the request was looked at yet.
  private func admitted(_ request: RESTRequest, _ operation: AdminOperation) async throws(RESTRefusal) -> AdminRunner {
    let caller: AdminCaller
    do throws(RESTRefusal) { caller = try await authentication.caller(request) } catch {
      if error.status == 401 { await record(refused: request, operation, error) }
      throw error
    }
    if let lockout = denials.lockout(of: caller.actor) { throw AdminAuthentication.lockedOut(lockout) }
    let runner = AdminRunner(configPath: configPath, executablePath: executablePath, caller: caller, gateway: gateway)
    guard !runner.canBePermitted(operation) else { return runner }
    denials.failed(caller.actor)
    do { try await onThread { try runner.recordDenied(operation) } } catch {
      throw RESTErrors.refusal(error, of: operation, for: runner.caller)
    }
    throw RESTRefusal(403, GatewayError(.insufficientPermissions, "'\(operation.name)' needs an administrator."))
  }

  /// The refusal stands, whether it can be recorded or not.
  private func record(refused request: RESTRequest, _ operation: AdminOperation, _ refusal: RESTRefusal) async {
    guard recorded.lockout(of: "") == nil else { return }
    recorded.failed("")
    let stranger = AdminRunner(
      configPath: configPath, executablePath: executablePath,
      caller: AdminCaller(actor: "unknown from \(request.peer)", surface: "rest", permissions: []))
    do { try await onThread { try stranger.recordDenied(operation, refusal.error.code) } } catch {
      log.error("A refused request is not on record", ["reason": "\(error)"])
    }
  }

  private func run(_ operation: AdminOperation, _ input: RESTInput, _ runner: AdminRunner, _ request: RESTRequest) async throws
    -> RESTAnswer
  {
    let files = files
    let outcome = try await onThread { () throws in
      let outcome = try runner.run(operation, input.fields, expectedRevision: input.expectedRevision, isDryRun: input.isDryRun)
      if let name = input.outputFile { try files.write(outcome.answer.file ?? outcome.answer.data.serialized(pretty: true), as: name) }
      return outcome
    }.completed()
    return RESTOutcome.answer(outcome, input, operation, request)
  }

  /// Operations wait for locks and disks: not on the event loop, and not too many of them.
  private func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    let ahead = waiting.add(1, ordering: .relaxed).newValue
    defer { waiting.subtract(1, ordering: .relaxed) }
    guard ahead <= Limits.REST.maxWaitingOperations else {
      throw RESTRefusal(503, GatewayError(.unavailable, "Too many operations are waiting. Try again."), headers: [("retry-after", "1")])
    }
    return try await threads.runIfActive(work)
  }

  // MARK: Bodies

  private func body(_ request: RESTRequest) async throws(RESTRefusal) -> [UInt8] {
    let body: [UInt8]
    do throws(BodyFailure) { body = try await request.body() } catch { throw RESTRefusal(error, maxBytes: maxBodyBytes) }
    guard !body.isEmpty else { return body }
    let type = request.header("content-type")?.split(separator: ";").first?.lowercased().filter { $0 != " " } ?? ""
    guard type == "application/json" || type.hasPrefix("application/") && type.hasSuffix("+json") else {
      throw RESTRefusal(415, "The body must be JSON: send Content-Type: application/json.")
    }
    return body
  }

  private static func json(_ body: [UInt8], maxBytes: Int) throws(RESTRefusal) -> RawJSON {
    do throws(JSONError) { return try RawJSON(validating: body, limits: JSONLimits(maxBytes: maxBytes)) } catch {
      throw .wrong("body", "The body is not valid JSON: \(error)")
    }
  }

  // MARK: Requests that are sent again

  private static func idempotencyKey(_ request: RESTRequest, _ operation: AdminOperation, _ input: RESTInput) throws(RESTRefusal) -> String?
  {
    guard operation.route.method == .post, operation.isMutation else { return nil }
    let sent = request.values(of: "idempotency-key")
    guard let key = sent.first else { return nil }
    guard sent.count == 1, (1...Limits.REST.maxIdempotencyKeyBytes).contains(key.utf8.count) else {
      throw RESTRefusal(400, "Idempotency-Key must be one text of 1 to \(Limits.REST.maxIdempotencyKeyBytes) bytes.")
    }
    return input.isDryRun ? nil : key
  }

  private func once(
    _ name: String, _ fingerprint: KeyDigest, _ operation: AdminOperation, _ runner: AdminRunner, _ work: () async throws -> RESTAnswer
  ) async throws(RESTRefusal) -> RESTAnswer {
    switch kept.begin(name, fingerprint) {
    case .kept(var answer):
      answer.headers.append(("idempotent-replayed", "true"))
      return answer
    case .underWay: throw RESTRefusal(409, "This request is under way already.", headers: [("retry-after", "1")])
    case .other: throw RESTRefusal(422, "This Idempotency-Key was used for another request.")
    case .new: break
    }
    do {
      let answer = try await work()
      kept.finish(name, answer)
      return answer
    } catch {
      let refusal = RESTErrors.refusal(error, of: operation, for: runner.caller)
      kept.finish(name, RESTErrors.answer(refusal, path: RESTRoutes.prefix + operation.route.path))
      throw refusal
    }
  }

  // MARK: Life

  /// Liveness. Without a key, so it says no more of the file than its name.
  private func health() -> RESTAnswer {
    RESTOutcome.envelope(
      message: "The API is running",
      data: JSONValue.object(["version": .string(Version.current), "config_path": .string(FilePath.name(of: configPath))]).serialized())
  }

  /// Whether the file as it stands is in effect.
  private func ready() async throws(RESTRefusal) -> RESTAnswer {
    _ = await store.current()
    guard store.lastError == nil, FileState(of: configPath) != nil else {
      throw RESTRefusal(503, GatewayError(.unavailable, "The configuration file cannot be used as it stands: `doctor` says why."))
    }
    return RESTOutcome.envelope(message: "Ready", data: Array("null".utf8))
  }
}
