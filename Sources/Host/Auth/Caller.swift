/// Who is calling, as the auth provider said, and what the configuration gives them. Pinned to one revision of the configuration.
package struct Caller: Sendable {
  /// Opaque and stable: what sessions, children and caches are kept apart by.
  package var principal: String
  package var projectID: String
  package var userID: String
  package var role: String
  /// The servers this caller may use.
  package var mcpConfig: MCPConfig
  /// The gateway as it was when the request was admitted.
  package var state: GatewayState

  package init(principal: String, projectID: String, userID: String, role: String, mcpConfig: MCPConfig, state: GatewayState) {
    self.principal = principal
    self.projectID = projectID
    self.userID = userID
    self.role = role
    self.mcpConfig = mcpConfig
    self.state = state
  }

  func context(_ request: RequestContext) -> CallContext {
    CallContext(
      requestID: request.id, traceparent: request.trace.traceparent, principal: principal, session: request.session ?? principal,
      projectID: projectID, userID: userID, configID: mcpConfig.id)
  }
}

/// What belongs to one request and not to its caller.
package struct RequestContext: Sendable {
  package var id: String
  package var trace: TraceContext
  /// Id of the legacy session; nil in stateless revisions.
  package var session: String?

  package init(id: String, trace: TraceContext, session: String?) {
    self.id = id
    self.trace = trace
    self.session = session
  }
}
