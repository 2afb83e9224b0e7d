package import JSON

/// Something an administrator or a caller can have done: stated once, reached from the command line, from MCP tools and, later, over REST.
package protocol Operation: Sendable {
  associatedtype Input: Sendable
  /// What it works with: `OperationContext` in a running gateway, `LocalContext` on files alone.
  associatedtype Context: Sendable
  /// The words of the command, e.g. "server list".
  static var name: String { get }
  /// Whether it changes anything: such operations leave an audit line.
  static var isMutation: Bool { get }
  /// - Returns: the JSON object of every surface.
  static func run(_ input: Input, _ context: Context) async throws -> JSONValue
}

/// What an operation is told, read from the JSON object that MCP tools and REST bodies carry.
package protocol OperationInput: Sendable {
  /// - Throws: `toolInvalidArguments` naming the argument.
  init(_ arguments: RawJSON) throws(GatewayError)
}

package struct NoInput: OperationInput {
  package init() {}
  package init(_ arguments: RawJSON) {}
}

/// On whose behalf an operation runs, and with what.
package struct OperationContext: Sendable {
  package var caller: Caller
  package var request: RequestContext
  package var services: GatewayServices

  package init(caller: Caller, request: RequestContext, services: GatewayServices) {
    self.caller = caller
    self.request = request
    self.services = services
  }

  /// The caller's server of that name.
  func server(_ name: String) throws(GatewayError) -> ServerEntry {
    guard let server = caller.mcpConfig.server(named: name) else {
      var missing = GatewayError(
        .discoveryServerUnavailable, "Server '\(name.prefix(128))' not available.", server: String(name.prefix(128)),
        suggestions: ["Call enkrypt_list_all_servers to see which servers there are."])
      missing.httpStatus = 404
      throw missing
    }
    return server
  }
}

/// What an operation on files works with.
package struct LocalContext: Sendable {
  package var lookup: ConfigLookup
  package var executable: ExecutablePath

  package init(lookup: ConfigLookup, executable: ExecutablePath) {
    self.lookup = lookup
    self.executable = executable
  }
}

/// The one path that every operation in a running gateway takes: run → audit.
package enum OperationRunner {
  package static func run<O: Operation>(_ operation: O.Type, _ input: O.Input, _ context: OperationContext) async throws(GatewayError)
    -> JSONValue
  where O.Context == OperationContext {
    do {
      let output = try await O.run(input, context)
      audit(operation, context, outcome: "done")
      return output
    } catch {
      let failure = error as? GatewayError ?? GatewayError(.operationFailed, "\(O.name) failed.", cause: "\(error)")
      audit(operation, context, outcome: failure.code.rawValue)
      throw failure
    }
  }

  private static func audit<O: Operation>(_ operation: O.Type, _ context: OperationContext, outcome: String) {
    guard O.isMutation else { return }
    context.services.observation.log.scoped("audit").info(
      O.name, ["principal": context.caller.principal, "outcome": outcome, "request_id": context.request.id])
  }
}

/// What the operations and the gateway's tools work with.
package final class GatewayServices: Sendable {
  package let discovery: Discovery
  package let pipeline: Pipeline
  package let upstream: UpstreamPool
  package let catalogue: Catalogue
  package let observation: Observation
  package let changes: ChangeHub
  package let subscriptions: ResourceSubscriptions
  /// Calls that wait for their clients' answers.
  package let held: HeldCalls

  package init(
    discovery: Discovery, pipeline: Pipeline, subscriptions: ResourceSubscriptions, upstream: UpstreamPool, catalogue: Catalogue,
    observation: Observation, changes: ChangeHub,
    held: HeldCalls
  ) {
    self.held = held
    self.changes = changes
    self.subscriptions = subscriptions
    self.discovery = discovery
    self.pipeline = pipeline
    self.upstream = upstream
    self.catalogue = catalogue
    self.observation = observation
  }
}
