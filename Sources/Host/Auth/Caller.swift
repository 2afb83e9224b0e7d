package import MCP

/// Who is calling, as the auth provider said, and what the configuration gives them. Pinned to one revision of the configuration.
package final class Caller: Sendable {
  /// Opaque and stable: what sessions, children and caches are kept apart by.
  package let principal: String
  package let projectID: String
  package let userID: String
  package let role: String
  /// The servers this caller may use.
  package let mcpConfig: MCPConfig
  /// The gateway as it was when the request was admitted.
  package let state: GatewayState

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
      requestID: request.id, traceparent: request.traceparent, principal: principal, session: request.session ?? principal,
      projectID: projectID, userID: userID, configID: mcpConfig.id)
  }

  /// What guardrails keep things of: the session; where there are none, what can be told of the client.
  func conversation(_ request: RequestContext) -> SessionStates.Conversation {
    SessionStates.Conversation(
      principal: principal, configID: mcpConfig.id,
      place: request.session.map { .session($0) } ?? .client(request.link?.conversation ?? ""))
  }
}

/// What belongs to one request and not to its caller.
package final class RequestContext: Sendable {
  package let id: String
  package let trace: TraceContext
  /// `trace` as the header has it.
  package let traceparent: String
  /// What came with the caller's part of the trace, for whoever goes on with it; nil: nothing.
  let tracestate: String?
  let baggage: String?
  /// Id of the legacy session; nil in stateless revisions.
  package let session: String?
  /// Which servers are seen.
  package let view: ServerView
  /// The way back to the client; nil when nobody listens.
  package let link: ClientLink?
  /// What the client speaks.
  package let revision: Revision
  /// Of a request of 2026-07-28 over HTTP: its headers that may repeat arguments of a tool.
  let parameterFields: [(name: String, value: String)]?

  /// - Parameter carrier: what the transport says of the trace.
  package convenience init(id: String, carrier: TraceCarrier = TraceCarrier(), session: String?, view: ServerView = .all) {
    let trace = TraceContext(traceparent: carrier.traceparent)
    self.init(
      id: id, trace: trace, traceparent: trace.traceparent, tracestate: trace.isContinued ? carrier.tracestate : nil,
      baggage: carrier.baggage, session: session, view: view, link: nil, revision: .newest, parameterFields: nil)
  }

  private init(
    id: String, trace: TraceContext, traceparent: String, tracestate: String?, baggage: String?, session: String?, view: ServerView,
    link: ClientLink?, revision: Revision, parameterFields: [(name: String, value: String)]?
  ) {
    self.id = id
    self.trace = trace
    self.traceparent = traceparent
    self.tracestate = tracestate
    self.baggage = baggage
    self.session = session
    self.view = view
    self.link = link
    self.revision = revision
    self.parameterFields = parameterFields
  }

  /// The same, once it is known whose message it is.
  func with(
    session: String?, link: ClientLink?, revision: Revision = .newest, parameterFields: [(name: String, value: String)]? = nil
  ) -> RequestContext {
    RequestContext(
      id: id, trace: trace, traceparent: traceparent, tracestate: tracestate, baggage: baggage, session: session, view: view, link: link,
      revision: revision, parameterFields: parameterFields)
  }

  /// The same as part of another trace.
  func with(trace: TraceContext, tracestate: String?, baggage: String?) -> RequestContext {
    RequestContext(
      id: id, trace: trace, traceparent: trace.traceparent, tracestate: tracestate, baggage: baggage, session: session, view: view,
      link: link, revision: revision, parameterFields: parameterFields)
  }
}
