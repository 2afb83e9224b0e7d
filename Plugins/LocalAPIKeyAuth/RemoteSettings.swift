internal import PluginSDK
internal import ServiceClient

/// How the service is asked.
struct RemoteSettings: Sendable {
  let address: ServiceAddress
  let key: String
  /// What the service calls this gateway; empty = it has no name.
  let gatewayName: String
  let timeoutSeconds: Double
  let reuseNanoseconds: UInt64
  let maxConcurrency: Int

  init(_ object: ConfigObject) throws {
    address = try ServiceAddress(
      object.string("base_url") ?? "https://api.enkryptai.com", member: "base_url", allowsPlainHTTP: object.flag("insecure_http") ?? false)
    key = try ServiceKey.checked(object.string("api_key"), member: "api_key")
    gatewayName = try object.string("gateway_name", maxBytes: 256) ?? ""
    guard gatewayName.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw PluginError.invalid("gateway_name: characters of ASCII are expected")
    }
    timeoutSeconds = try object.number("timeout", in: 0.001...3_600) ?? 30
    reuseNanoseconds = UInt64(try object.integer("config_seconds", in: 0...300) ?? 60) * 1_000_000_000
    maxConcurrency = try object.integer("max_concurrency", in: 1...64) ?? 16
  }
}
