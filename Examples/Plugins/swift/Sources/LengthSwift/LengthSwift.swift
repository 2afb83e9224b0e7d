import FoundationEssentials
public import PluginSDK

/// Blocks every message with a text longer than `max_bytes`.
struct Guardrail: GuardrailProvider {
  static let name = "length-swift"
  /// The gateway checks the configuration against it before `init`; plugin check uses the example.
  static let configSchema = """
    {"type": "object", "properties": {"max_bytes": {"type": "integer", "minimum": 1, "maximum": 999999999}},
      "additionalProperties": false, "examples": [{"max_bytes": 64}]}
    """
  static let flags: ProviderFlags = [.inline]
  static let phases: GuardrailPhases = [.input, .output]

  private struct Config: Decodable {
    var max_bytes: Int?
  }

  private let maxBytes: Int

  init(config: PluginConfig, host: PluginServices) throws {
    do {
      maxBytes = try JSONDecoder().decode(Config.self, from: Data(config.json)).max_bytes ?? 4096
    } catch {
      throw PluginError.invalid("max_bytes: a whole number is expected")
    }
  }

  /// Called from many threads at once. A trap (`!`, overflow, an index out of range) would end the gateway.
  func check(_ request: GuardrailRequest) -> Verdict {
    for index in request.segments.indices where request.segments[index].text.count > maxBytes {
      let place = Violation.Place(segment: index, range: maxBytes..<request.segments[index].text.count)
      return .block([Violation(category: Self.name, code: "too_long", message: "A text is too long.", place: place)])
    }
    return .allow
  }
}

let plugin = Plugin(
  id: "dev.example.length-swift", version: "0.1.0", vendor: "Example", license: "CC0-1.0", providers: [Provider(Guardrail.self)])

@c(smg_plugin_entry_v0) public func entry(_ hostMinor: UInt32) -> PluginTable? { plugin.entry(hostMinor) }
