internal import ArgumentParser
internal import Host
internal import JSON

/// Which protection the measured gateway has. Authentication is always on.
enum Protection: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// No guardrail policy, no telemetry provider.
  case plain
  /// The keyword guardrail on input and output, telemetry to standard output.
  case full
}

/// A configuration in a folder of its own, as `generate-config` makes it.
struct GatewaySetup: Sendable {
  let binary: String
  let configPath: String
  let key: String

  /// - Parameter change: gives the document to use in place of the template's.
  init(binary: String, path: String, _ change: (ConfigTemplate) -> JSONValue) throws {
    self.binary = binary
    let template = ConfigTemplate(executablePath: binary)
    key = template.key
    configPath = path
    try FileBytes.write(change(template).serialized(pretty: true), to: path, mode: 0o600, replacing: true)
  }

  init(binary: String, folder: String, protection: Protection) throws {
    try self.init(binary: binary, path: "\(folder)/\(protection.rawValue).json") { template in
      protection == .full ? Self.withKeywords(template) : Self.withoutProtection(template)
    }
  }

  /// Of the guardrails that `generate-config` writes the first.
  private static func withKeywords(_ template: ConfigTemplate) -> JSONValue {
    guard case .object(var document) = template.document, case .object(var plugins)? = document["plugins"],
      let keywords = plugins["guardrails"]?[0]
    else { return template.document }
    plugins["guardrails"] = [keywords]
    document["plugins"] = .object(plugins)
    return .object(document)
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
