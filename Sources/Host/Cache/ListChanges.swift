package import MCP

extension Catalogue {
  /// Forgets the lists that a server says have changed. Other notifications are of no concern.
  package func note(_ notification: Notification, from server: UpstreamServer) {
    let kinds: Set<ItemKind> =
      switch notification.method {
      case "notifications/tools/list_changed": [.tools]
      case "notifications/prompts/list_changed": [.prompts]
      case "notifications/resources/list_changed": [.resources, .resourceTemplates]
      default: []
      }
    guard !kinds.isEmpty else { return }
    forget(kinds, configID: server.configID, server: server.name)
  }
}
