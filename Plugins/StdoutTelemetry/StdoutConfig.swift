internal import JSON
internal import PluginSDK

/// The binding's `config`. The members of the original's telemetry configuration are accepted and mean nothing here.
struct StdoutConfig: Sendable {
  enum Format: String, Sendable { case json, text, auto }
  enum Target: Sendable {
    case standardOutput, standardError
    case file(String)
  }

  var format = Format.auto
  var target = Target.standardOutput
  /// OpenTelemetry's severity number.
  var minimumSeverity: UInt32 = 1
  var hasMetrics = true

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "format": {"enum": ["json", "text", "auto"]},
        "stream": {"enum": ["stdout", "stderr"]},
        "path": {"type": "string", "minLength": 1, "maxLength": 4096},
        "level": {"enum": ["trace", "debug", "info", "warning", "error"]},
        "metrics": {"type": "boolean"},
        "enabled": {"type": "boolean"},
        "url": {"type": "string"},
        "insecure": {"type": "boolean"},
        "service_name": {"type": "string"},
        "job_name": {"type": "string"}
      },
      "not": {"required": ["stream", "path"]}
    }
    """

  private static let severities: [String: UInt32] = ["trace": 1, "debug": 5, "info": 9, "warning": 13, "error": 17]

  init(_ json: [UInt8]) throws {
    let document = try RawJSON(validating: json)
    guard document.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    guard document["stream"] == nil || document["path"] == nil else { throw PluginError.invalid("stream and path: give one of them") }
    if let text = document["format"]?.stringValue, let format = Format(rawValue: text) { self.format = format }
    if document["stream"]?.stringValue == "stderr" { target = .standardError }
    if let path = document["path"]?.stringValue {
      guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
        throw PluginError.invalid("path: an absolute path is expected")
      }
      target = .file(path)
    }
    if let level = document["level"]?.stringValue.flatMap({ Self.severities[$0] }) { minimumSeverity = level }
    if let metrics = document["metrics"]?.boolValue { hasMetrics = metrics }
  }
}
