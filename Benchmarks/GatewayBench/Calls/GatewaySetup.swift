internal import ArgumentParser
internal import Host
internal import JSON

/// Which protection the measured gateway has. Authentication is always on.
enum Protection: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// No guardrail policy, no telemetry provider.
  case plain
  /// What `generate-config` writes: the keyword guardrail on input and output, telemetry to standard output.
  case full
}

/// A configuration in a folder of its own, as `generate-config` makes it.
struct GatewaySetup: Sendable {
  let binary: String
  let configPath: String
  let key: String

  init(binary: String, folder: String, protection: Protection) throws {
    self.binary = binary
    let template = ConfigTemplate(executablePath: binary)
    key = template.key
    configPath = "\(folder)/\(protection.rawValue).json"
    let document = protection == .full ? template.document : Self.withoutProtection(template)
    try FileBytes.write(document.serialized(pretty: true), to: configPath, mode: 0o600, replacing: true)
  }

  private static func withoutProtection(_ template: ConfigTemplate) -> JSONValue {
    guard case .object(var document) = template.document else { return template.document }
    document["plugins"] = ["auth": ["provider": "local_apikey", "config": [:]]]
    if case .object(var config)? = document["mcp_configs"]?[template.configID],
      case .object(var server)? = config["mcp_config"]?[0]
    {
      server["input_guardrails_policy"] = nil
      server["output_guardrails_policy"] = nil
      config["mcp_config"] = .array([.object(server)])
      document["mcp_configs"] = .object([template.configID: .object(config)])
    }
    return .object(document)
  }
}
