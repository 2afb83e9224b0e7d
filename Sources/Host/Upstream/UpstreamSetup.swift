package import Egress
package import MCP
package import NIOCore

/// What all children have in common.
package struct UpstreamSetup: Sendable {
  /// The program that is re-executed as supervisor: this one.
  package var supervisorPath: String
  package var log: Log
  /// Carries what is said to servers over HTTP; without it none is reached.
  package var egress: EgressClient?
  /// How the gateway introduces itself to servers.
  package var clientInfo: Implementation
  package var baseEnvironment: BaseEnvironment
  /// Between SIGTERM and SIGKILL.
  package var terminationGrace: TimeAmount
  /// Called on a child's event loop for each notification it sends; must not wait.
  package var onNotification: @Sendable (UpstreamServer, Notification) -> Void
  /// Called when a server that had failed is there again; must not wait.
  package var onReturn: @Sendable (UpstreamServer) -> Void

  /// Without an observer notifications are logged at debug level.
  package init(
    supervisorPath: String, log: Log, clientInfo: Implementation, egress: EgressClient? = nil,
    baseEnvironment: BaseEnvironment = .inherited(),
    terminationGrace: TimeAmount = Limits.Upstream.terminationGrace,
    onNotification: (@Sendable (UpstreamServer, Notification) -> Void)? = nil,
    onReturn: @escaping @Sendable (UpstreamServer) -> Void = { _ in }
  ) {
    self.onReturn = onReturn
    self.supervisorPath = supervisorPath
    self.log = log
    self.egress = egress
    self.clientInfo = clientInfo
    self.baseEnvironment = baseEnvironment
    self.terminationGrace = terminationGrace
    self.onNotification =
      onNotification ?? { server, notification in
        log.debug("notification from a server", ["server": server.name, "method": notification.method])
      }
  }
}
