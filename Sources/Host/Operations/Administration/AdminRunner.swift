internal import Glibc
package import JSON

/// Who has an operation done, and by which way.
package struct AdminCaller: Sendable {
  /// As the audit record names them.
  package var actor: String
  package var surface: String
  package var permissions: Set<AdminOperation.Permission>
  /// Of a key that only uses a project: the project, which it may look at.
  package var projectID: String?

  package init(actor: String, surface: String, permissions: Set<AdminOperation.Permission>, projectID: String? = nil) {
    self.actor = actor
    self.surface = surface
    self.permissions = permissions
    self.projectID = projectID
  }
}

extension AdminCaller {
  /// Who runs this program. Whoever can write the file may do everything; this says who it was.
  static var localUser: String {
    let id = getuid()
    guard let entry = getpwuid(id), let name = entry.pointee.pw_name else { return "uid:\(id)" }
    return "\(String(cString: name)) (uid:\(id))"
  }
}

/// What came of an operation.
package struct AdminOutcome: Sendable {
  package var answer: Answer
  /// Of changes: the revision before and after, and where the version before is kept.
  package var revisionBefore: String?
  /// Also of what was only looked at.
  package var revision: String?
  package var backup: String?
  /// What a dry run would change, secrets masked.
  package var changes: [DocumentChange]?
  /// What remains to be done; ``completed()`` does it.
  var rest: Rest?

  struct Rest: Sendable {
    let action: AdminAction
    /// Puts on record that it failed.
    let recorded: @Sendable (GatewayError) -> GatewayError
  }
}

/// The one path that every administrative operation takes: permit → decode → run → audit.
package struct AdminRunner: Sendable {
  private let store: DocumentStore
  private let pins: PinStore
  private let audit: AuditLog
  private let denials: AuditLog
  private let keyUses: KeyUseFile
  private let executablePath: String
  private let gateway: RunningGateway?
  let caller: AdminCaller

  /// - Parameter gateway: that this is done in, if it is done in one.
  package init(configPath: String, executablePath: String, caller: AdminCaller, gateway: RunningGateway? = nil) {
    self.gateway = gateway
    store = DocumentStore(path: configPath)
    pins = PinStore(configPath: store.path)
    audit = AuditLog(configPath: store.path)
    denials = AuditLog(configPath: store.path, of: .denials)
    keyUses = KeyUseFile(configPath: store.path)
    self.executablePath = executablePath
    self.caller = caller
  }

  /// - Parameters:
  ///   - expectedRevision: of the document that the change was thought out for.
  ///   - isDryRun: compute and check the change, and write nothing, not even to the audit record.
  package func run(
    _ operation: AdminOperation, _ arguments: JSONObject, expectedRevision: String? = nil, isDryRun: Bool = false
  ) throws -> AdminOutcome {
    let input = try permit(operation, RawJSON(.object(arguments)), isDryRun: isDryRun)
    switch operation.body {
    case .look(let look):
      let call = call(input)
      let answer = try look(call)
      return AdminOutcome(answer: answer, revision: call.reading.revision)
    case .ask(let check):
      return AdminOutcome(answer: Answer(), rest: AdminOutcome.Rest(action: try check(call(input))) { $0 })
    case .act(let check): return try begin(operation, check, call(input), expectedRevision, isDryRun)
    case .change(let change): return try recording(operation, input, expectedRevision, isDryRun) { try commit(change, input, $0) }
    case .pins(let change): return try recording(operation, input, expectedRevision, isDryRun) { try commit(change, input, $0) }
    }
  }

  private func call(_ input: AdminInput) -> AdminCall {
    AdminCall(
      input: input, isMember: !caller.permissions.contains(.read), store: store, pinStore: pins, auditLogs: [audit, denials],
      keyUseFile: keyUses, reading: DocumentReading(),
      executablePath: executablePath, gateway: gateway)
  }

  private func begin(
    _ operation: AdminOperation, _ check: (AdminCall) throws -> AdminAction, _ call: AdminCall, _ expectedRevision: String?,
    _ isDryRun: Bool
  ) throws -> AdminOutcome {
    let input = call.input.audited
    let action: AdminAction
    do {
      if let expectedRevision { try store.expect(expectedRevision, call.document()) }
      action = try check(call)
    } catch {
      throw isDryRun ? error : recorded(error, of: operation, input)
    }
    if isDryRun { return AdminOutcome(answer: Answer(), changes: []) }
    try audit.append(entry(operation, input, .done))
    return AdminOutcome(
      answer: Answer(), rest: AdminOutcome.Rest(action: action) { recorded($0, of: operation, input) as? GatewayError ?? $0 })
  }

  private func recording(
    _ operation: AdminOperation, _ input: AdminInput, _ expectedRevision: String?, _ isDryRun: Bool,
    _ commit: (DocumentStore.Terms) throws -> AdminOutcome
  ) throws -> AdminOutcome {
    var terms = DocumentStore.Terms()
    terms.expectedRevision = expectedRevision
    terms.isDryRun = isDryRun
    terms.backupTag = operation.backupTag
    terms.record = { before, after in try audit.append(entry(operation, input.audited, .done, before: before, after: after)) }
    do {
      return try commit(terms)
    } catch {
      throw isDryRun ? error : recorded(error, of: operation, input.audited)
    }
  }

  private func permit(_ operation: AdminOperation, _ arguments: RawJSON, isDryRun: Bool) throws -> AdminInput {
    guard try isPermitted(operation, arguments) else {
      try recordDenied(operation)
      throw GatewayError(.insufficientPermissions, "'\(operation.name)' needs an administrator.")
    }
    do {
      return try AdminInput(arguments, for: operation.fields)
    } catch {
      // What was given is not recorded: it is not known which of it is a secret.
      throw operation.isMutation && !isDryRun ? recorded(error, of: operation, [:]) : error
    }
  }

  /// Whether it is not certain already that the caller may not.
  func canBePermitted(_ operation: AdminOperation) -> Bool {
    caller.permissions.contains(operation.permission) || operation.isOpenToMembers && caller.projectID != nil
  }

  /// Members of a project may look at it, and at no other; whether another one exists is not told.
  private func isPermitted(_ operation: AdminOperation, _ arguments: RawJSON) throws -> Bool {
    if caller.permissions.contains(operation.permission) { return true }
    guard operation.isOpenToMembers, !operation.isMutation, let projectID = caller.projectID else { return false }
    do {
      let wanted = try AdminInput(arguments, for: operation.fields).require(Inputs.project)
      return try store.read().entry(.projects, wanted).id == projectID
    } catch let error as GatewayError where error.code == .configurationMissing || error.code == .configurationInvalid {
      return false
    }
  }

  /// An attempt that was denied before it came to the operation.
  func recordDenied(_ operation: AdminOperation, _ code: GatewayError.Code = .insufficientPermissions) throws {
    try denials.append(entry(operation, [:], .denied, errorCode: code))
  }

  private func commit(
    _ change: (inout AdminEdit) throws -> Answer, _ input: AdminInput, _ terms: DocumentStore.Terms
  ) throws -> AdminOutcome {
    let commit = try store.edit(terms) { document, json in
      var edit = AdminEdit(
        input: input, document: document, json: json, executablePath: executablePath, now: WallClock.documentTime())
      let answer = try change(&edit)
      json = edit.json
      return answer
    }
    var answer = commit.result
    if commit.backup != nil {
      // The change stands, and what it made is shown this once.
      do { try answer.finish?() } catch { answer.message += " But what goes with it failed: \(error)" }
    }
    return AdminOutcome(
      answer: answer, revisionBefore: commit.before.revision, revision: commit.revision, backup: commit.backup,
      changes: terms.isDryRun ? try DocumentChange.all(from: commit.before.root, to: commit.bytes) : nil)
  }

  private func commit(
    _ change: (inout PinEdit) throws -> Answer, _ input: AdminInput, _ terms: DocumentStore.Terms
  ) throws -> AdminOutcome {
    let document = try store.read()
    let commit = try pins.edit(terms) { pins in
      var edit = PinEdit(input: input, document: document, pins: pins, now: WallClock.iso8601())
      let answer = try change(&edit)
      pins = edit.pins
      return (answer, edit.changes)
    }
    return AdminOutcome(
      answer: commit.result.0, revisionBefore: commit.before, revision: commit.after, changes: terms.isDryRun ? commit.result.1 : nil)
  }

  /// A refusal leaves a line too, where there is a file to have a record beside it. It stays a refusal when it cannot be recorded, and says so.
  private func recorded(_ error: any Error, of operation: AdminOperation, _ input: JSONObject) -> any Error {
    guard FileState(of: store.path) != nil else { return error }
    let code = (error as? GatewayError)?.code ?? (error is ConfigError ? .configurationInvalid : .internalError)
    do throws(GatewayError) {
      try audit.append(entry(operation, input, .refused, errorCode: code))
      return error
    } catch let unrecorded {
      var error = error as? GatewayError ?? GatewayError(code, "\(error)")
      error.suggestions.append("This refusal is not on record: \(unrecorded.message)")
      return error
    }
  }

  private func entry(
    _ operation: AdminOperation, _ input: JSONObject, _ outcome: AuditEntry.Outcome, before: String? = nil, after: String? = nil,
    errorCode: GatewayError.Code? = nil
  ) -> AuditEntry {
    AuditEntry(
      actor: caller.actor, surface: caller.surface, operation: operation.name, outcome: outcome, input: input, before: before, after: after,
      errorCode: errorCode?.rawValue)
  }
}
