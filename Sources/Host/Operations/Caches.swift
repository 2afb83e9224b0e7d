package import JSON
internal import NIOCore

/// `cache status`: what is cached for the caller.
package enum CacheStatus: Operation {
  package static let name = "cache status"
  package static let isMutation = false

  package static func run(_ input: NoInput, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let common = context.caller.state.config.common
    var servers: JSONObject = [:]
    for server in context.caller.mcpConfig.servers { servers[server.name] = tools(of: server, context) }
    return [
      "status": "success",
      "cache_status": [
        "gateway_specific": [
          // The configuration is never stale: every call reads the current one.
          "config": ["exists": true, "expires_at": .null, "expires_in_hours": .null, "is_expired": false],
          "tools": ["server_count": .int(context.caller.mcpConfig.servers.count), "servers": .object(servers)],
        ],
        "global": [
          "total_gateways": 1, "total_tool_caches": .int(context.services.catalogue.toolListCount), "total_config_caches": 1,
          "tool_cache_expiration_hours": hours(common.toolCacheExpiry), "config_cache_expiration_hours": hours(common.gatewayCacheExpiry),
          "cache_type": "local",
        ],
      ],
    ]
  }

  private static func tools(of server: ServerEntry, _ context: OperationContext) -> JSONValue {
    let list = context.services.discovery.cached(.tools, server, for: context.caller)
    let remaining = list.map { Double(($0.expires - .now()).nanoseconds) / 3.6e12 }
    return [
      "tool_count": .int(list?.items.count ?? server.tools.count),
      "error": .null,
      "are_tools_explicitly_defined": .bool(server.hasExplicitTools),
      "needs_discovery": .bool(list == nil && !server.hasExplicitTools),
      "exists": .bool(list != nil),
      "expires_at": list.map { .string(WallClock.plain(unixNanoseconds: $0.expiresUnixNanoseconds)) } ?? .null,
      "expires_in_hours": remaining.map { .number(JSONNumber(($0 * 100).rounded() / 100)) } ?? .null,
      "is_expired": false,
    ]
  }

  private static func hours(_ time: TimeAmount) -> JSONValue { .number(JSONNumber(Double(time.nanoseconds) / 3.6e12)) }
}

/// `cache clear`: forgets the caller's cached tools.
package enum CacheClear: Operation {
  package struct Input: OperationInput {
    package var serverName: String?
    package var cacheType: String?

    package init(serverName: String?, cacheType: String?) {
      self.serverName = serverName
      self.cacheType = cacheType
    }
    package init(_ arguments: RawJSON) throws(GatewayError) {
      let arguments = Arguments(arguments)
      serverName = try arguments.string("server_name")
      cacheType = try arguments.string("cache_type")
    }
  }
  package static let name = "cache clear"
  package static let isMutation = true
  private static let configTypes: Set = ["gateway_config", "gateway", "gateway_cache", "gateway_config_cache"]

  package static func run(_ input: Input, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    let catalogue = context.services.catalogue
    let principal = context.caller.principal
    let type = input.cacheType ?? "all"
    guard try forgetsTools(type) else { return message("Gateway config cache cleared for \(principal)") }
    if let server = input.serverName, !server.isEmpty {
      guard catalogue.forget(principal: principal, server: server) > 0 else {
        return ["status": "info", "message": .string("No cache found for server: \(server)")]
      }
      return message("Cache cleared for server: \(server)")
    }
    let count = catalogue.forget(principal: principal)
    return message("Cache cleared for all servers (\(count) servers)" + (type == "all" ? " and gateway config (none)" : ""))
  }

  /// Whether this type of cache holds tools. The configuration has none that could be stale.
  static func forgetsTools(_ cacheType: String?) throws(GatewayError) -> Bool {
    let type = cacheType ?? "all"
    if configTypes.contains(type) { return false }
    guard ["all", "server_config", "server", "tools"].contains(type) else {
      throw GatewayError(
        .toolInvalidArguments, "There is no cache of the type '\(type.prefix(64))'.",
        suggestions: ["Use all, server_config or gateway_config."])
    }
    return true
  }

  private static func message(_ text: String) -> JSONValue { ["status": "success", "message": .string(text)] }
}
