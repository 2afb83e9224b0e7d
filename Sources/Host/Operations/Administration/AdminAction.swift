internal import NIOPosix

/// What an operation does that is no change of a document: it was permitted, checked and, where it changes something, recorded; and takes its time.
struct AdminAction: Sendable {
  /// - Throws: what went wrong after all.
  let perform: @Sendable () async throws -> Answer
}

extension AdminOperation {
  /// An operation that does something else than change a document. `check` finds out whether it can be done, and changes nothing.
  static func act(
    _ name: String, _ summary: String, _ route: Route, _ fields: [FieldUse] = [],
    check: @escaping @Sendable (AdminCall) throws -> AdminAction
  ) -> AdminOperation {
    AdminOperation(name: name, summary: summary, permission: .administer, route: route, fields: fields, body: .act(check))
  }

  /// An operation that asks a running gateway, and changes nothing.
  static func ask(
    _ name: String, _ summary: String, _ route: Route, _ fields: [FieldUse], needs permission: Permission,
    check: @escaping @Sendable (AdminCall) throws -> AdminAction
  ) -> AdminOperation {
    AdminOperation(name: name, summary: summary, permission: permission, route: route, fields: fields, body: .ask(check))
  }
}

extension AdminOutcome {
  /// Does what remains to be done.
  package func completed() async throws -> AdminOutcome {
    guard let rest else { return self }
    var outcome = self
    outcome.rest = nil
    do { outcome.answer = try await rest.action.perform() } catch let error as GatewayError {
      throw try await NIOThreadPool.singleton.runIfActive { rest.recorded(error) }
    }
    return outcome
  }
}
