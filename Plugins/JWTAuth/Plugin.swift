public import PluginSDK

let plugin = Plugin(
  id: "secure-mcp-gateway.jwt-auth", version: "0.1.0", vendor: "Secure MCP Gateway", license: "Apache-2.0",
  providers: [Provider(JWTAuth.self)])

@c(smg_plugin_entry_v0) public func entry(_ hostMinor: UInt32) -> PluginTable? { plugin.entry(hostMinor) }
