internal import MCP

/// What two calls must have in common to be served by the same child.
struct UpstreamKey: Sendable, Hashable {
  let configID: String
  let server: String
  let revision: String
  /// Nil if everybody shares the child.
  let principal: String?
  /// Nil unless each session has a child of its own.
  let session: String?
  /// Declared to the server, as JSON text.
  let capabilities: [UInt8]

  init(_ target: UpstreamTarget) {
    let sharing = target.server.sharing
    configID = target.server.configID
    server = target.server.name
    revision = target.server.revision
    principal = sharing == .gateway ? nil : target.principal
    session = sharing == .session ? target.session : nil
    capabilities = sharing == .gateway ? [] : ClientCapabilities(target.clientCapabilities).declaration
  }
}
