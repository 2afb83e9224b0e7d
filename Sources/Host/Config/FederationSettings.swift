/// What a client that connects to the gateway's endpoint is offered: `exposure` of a set of servers.
package enum Exposure: String, Sendable, Hashable, CaseIterable {
  /// The gateway's own seven tools.
  case gatewayTools = "gateway_tools"
  /// The items of the servers themselves: their tools, prompts, resources and templates, under federated names.
  case federated
  case both

  package var includesGatewayTools: Bool { self != .federated }
  package var includesFederatedItems: Bool { self != .gatewayTools }
}

/// How the servers of one `mcp_configs` entry are offered as one.
package struct FederationSettings: Sendable, Hashable {
  /// `exposure`
  package var exposure = Exposure.both
  /// `name_separator`: stands between a server's name and an item's.
  package var nameSeparator = "__"
  /// `name_prefix`: false leaves the names and URIs of the only server as they are.
  package var isPrefixed = true

  package init() {}
}
