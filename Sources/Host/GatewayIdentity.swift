package import MCP

extension Implementation {
  /// How the gateway introduces itself, to clients and to servers.
  package static let gateway = Implementation(name: "Enkrypt Secure MCP Gateway", title: "Secure MCP Gateway", version: Version.current)
}

/// Keys of `_meta` that are this gateway's own. Servers cannot speak under them.
enum GatewayMetaKey {
  static let namespace = "io.enkrypt.gateway/"
  /// Of a list: servers whose items are missing from it.
  static let unavailableServers = "io.enkrypt.gateway/unavailable_servers"
  /// Of a list: items that are left out of it.
  static let omittedItems = "io.enkrypt.gateway/omitted_items"
  /// Of a list: tools with the name of another server's, which had it first.
  static let shadowingTools = "io.enkrypt.gateway/shadowing_tools"
  /// Of a result: that guardrails judged the request and the answer.
  static let guardrails = "io.enkrypt.gateway/guardrails"
  /// Of a tool's result: why the gateway made it an error.
  static let error = "io.enkrypt.gateway/error"
}
