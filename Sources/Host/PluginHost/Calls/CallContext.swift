/// Who calls and in which conversation, told to a provider with every operation (`smg_context`).
package struct CallContext: Sendable, Hashable {
  package var requestID: String
  /// W3C trace context of the call's span; empty when it is not traced.
  package var traceparent: String
  /// Opaque, stable per authenticated caller; empty before authentication.
  package var principal: String
  /// Opaque, stable per MCP session; equal to `principal` in stateless revisions.
  package var session: String
  package var projectID: String
  package var userID: String
  package var configID: String

  package init(
    requestID: String = "", traceparent: String = "", principal: String = "", session: String = "", projectID: String = "",
    userID: String = "",
    configID: String = ""
  ) {
    self.requestID = requestID
    self.traceparent = traceparent
    self.principal = principal
    self.session = session
    self.projectID = projectID
    self.userID = userID
    self.configID = configID
  }
}
