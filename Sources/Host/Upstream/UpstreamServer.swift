package import JSON
package import NIOCore

/// One MCP server, started by a command or reached over HTTP, as an entry of a configuration describes it.
package struct UpstreamServer: Sendable, Hashable {
  /// Who shares one child.
  package enum Sharing: String, Sendable, Hashable, CaseIterable {
    /// One child for each principal and each set of relayed client capabilities.
    case principal
    /// One child for everybody: for servers that keep no state.
    case gateway
    /// One child for each session: for servers that keep much.
    case session
  }

  /// Which revisions are spoken with it.
  package enum EraPin: String, Sendable, Hashable, CaseIterable {
    /// Found out when a conversation begins.
    case auto
    /// Those that begin with `initialize`.
    case legacy
    /// 2026-07-28 only.
    case modern = "2026-07-28"
  }

  package var configID: String
  package var name: String
  /// Set: the server is reached over HTTP, and what concerns a command is empty.
  package var remote: RemoteServer?
  package var eraPin = EraPin.auto
  /// Looked up along the `PATH` of the child's environment unless it contains a slash.
  package var command: String
  package var arguments: [String]
  /// Added to, and winning over, the minimal base environment. May hold secrets; never shown.
  package var environment: [String: String]
  package var workingDirectory: String?
  package var sharing: Sharing
  /// A child without a call for this long is ended.
  package var idleTimeout: TimeAmount
  /// From the first call to the end of the handshake.
  package var startTimeout: TimeAmount
  package var resourceLimits: ResourceLimits
  /// Calls at a time in one child; further ones wait. Nil: as many as there are.
  package var maxConcurrency: Int?
  /// Conversations at a time, over all principals and sessions.
  package var maxInstances = Limits.Upstream.maxChildrenPerServer
  /// How often an idle conversation is asked for a sign of life; nil: never.
  package var healthInterval: TimeAmount?
  /// So many of the last ``CallHealth/window`` calls without an answer end a conversation; nil: no number does.
  package var maxUnanswered: Int? = Limits.Upstream.maxUnanswered
  /// Changes whenever the entry changes: a child of another revision is not used any more.
  package var revision: String

  package init(
    configID: String, name: String, command: String, arguments: [String] = [], environment: [String: String] = [:],
    workingDirectory: String? = nil, sharing: Sharing = .principal, idleTimeout: TimeAmount = Limits.Upstream.idleTimeout,
    startTimeout: TimeAmount = Limits.Upstream.startTimeout, resourceLimits: ResourceLimits = ResourceLimits(), maxConcurrency: Int? = nil,
    revision: String = ""
  ) {
    self.configID = configID
    self.name = name
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.sharing = sharing
    self.idleTimeout = idleTimeout
    self.startTimeout = startTimeout
    self.resourceLimits = resourceLimits
    self.maxConcurrency = maxConcurrency
    self.revision = revision
  }
}

/// Limits that the kernel holds a child to, and each of its descendants for itself (setrlimit(2)). Nil leaves the gateway's own limit.
package struct ResourceLimits: Sendable, Hashable {
  package var addressSpaceBytes: Int?
  package var openFiles: Int?
  /// Of the user the gateway runs as, not of this child alone.
  package var processes: Int?
  package var cpuSeconds: Int?
  package var fileBytes: Int?
  package var coreBytes: Int?

  /// Those of an entry that says nothing: what a child leaves when it crashes may hold its secrets.
  package static let standard = ResourceLimits(coreBytes: 0)

  package init(
    addressSpaceBytes: Int? = nil, openFiles: Int? = nil, processes: Int? = nil, cpuSeconds: Int? = nil, fileBytes: Int? = nil,
    coreBytes: Int? = nil
  ) {
    self.addressSpaceBytes = addressSpaceBytes
    self.openFiles = openFiles
    self.processes = processes
    self.cpuSeconds = cpuSeconds
    self.fileBytes = fileBytes
    self.coreBytes = coreBytes
  }
}

/// A server together with those on whose behalf it is called: what decides which child serves the call.
package struct UpstreamTarget: Sendable {
  package var principal: String
  package var session: String?
  package var server: UpstreamServer
  /// The `capabilities` that the calling client declared.
  package var clientCapabilities: RawJSON?

  package init(principal: String, session: String?, server: UpstreamServer, clientCapabilities: RawJSON? = nil) {
    self.principal = principal
    self.session = session
    self.server = server
    self.clientCapabilities = clientCapabilities
  }
}
