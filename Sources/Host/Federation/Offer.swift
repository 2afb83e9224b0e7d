/// What a caller is offered at the path of a request. Worked out for each request, so that a change of the configuration counts from the next one.
struct Offer: Sendable {
  /// The gateway's own tools.
  let hasGatewayTools: Bool
  /// The items of servers; nil: none.
  let names: FederatedNames?

  /// - Returns: nil when the caller's configuration offers nothing there: there is no such server, or only the gateway's own tools are offered. Which of
  ///   the two, and what other configurations have, is not told.
  init?(_ view: ServerView, _ caller: Caller) {
    let config = caller.mcpConfig
    let exposure = config.federation.exposure
    switch view {
    case .all:
      hasGatewayTools = exposure.includesGatewayTools
      names = exposure.includesFederatedItems ? config.federatedNames : nil
    case .server(let name):
      guard exposure.includesFederatedItems, let server = config.server(named: name) else { return nil }
      hasGatewayTools = false
      names = FederatedNames(only: server)
    }
  }

  /// Whether there can be prompts, resources and completion.
  var hasFederatedItems: Bool { names.map { !$0.servers.isEmpty } ?? false }
}
