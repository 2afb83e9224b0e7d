import FoundationEssentials
import Glibc
public import PluginSDK

/// Writes a line for each log record and span to a file.
struct Telemetry: TelemetryProvider {
  static let name = "{{name}}"
  /// The gateway checks the configuration against it before `init`; plugin check uses the example.
  static let configSchema = """
    {"type": "object", "required": ["path"], "properties": {"path": {"type": "string", "pattern": "^/"}},
      "additionalProperties": false, "examples": [{"path": "/dev/null"}]}
    """

  private struct Config: Decodable {
    var path: String
  }

  private let host: PluginServices
  private let file: LineFile

  init(config: PluginConfig, host: PluginServices) throws {
    let path: String
    do {
      path = try JSONDecoder().decode(Config.self, from: Data(config.json)).path
    } catch {
      throw PluginError.invalid("path: a string is expected")
    }
    guard path.hasPrefix("/") else { throw PluginError.invalid("path: an absolute path is expected") }
    guard let file = LineFile(path) else { throw PluginError.invalid("path: the file cannot be opened for appending") }
    self.file = file
    self.host = host
  }

  /// What the records lend is gone when this returns. One thread calls it, off the path of requests.
  func emit(_ batch: RecordBatch) {
    var lines: [UInt8] = []
    for index in batch.indices {
      let record = batch[index]
      lines += Array((record.kind == .span ? "span " : "log ").utf8)
      lines += Self.line(record.name.string) + [UInt8(ascii: " ")] + Self.line(record.body.string) + [UInt8(ascii: "\n")]
    }
    // Telemetry never holds up the gateway: what cannot be written is dropped.
    if !file.append(lines) { host.log(.warning, "records were dropped") }
  }

  func exportMetrics(_ snapshot: MetricSnapshot) {}

  /// A text with blanks in place of whatever would break the line.
  private static func line(_ text: String) -> [UInt8] { text.utf8.prefix(4096).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 } }
}

/// A file that lines are appended to, closed with the instance.
final class LineFile: Sendable {
  private let descriptor: Int32

  init?(_ path: String) {
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) -> Bool { bytes.isEmpty || write(descriptor, bytes, bytes.count) == bytes.count }
}

let plugin = Plugin(
  id: "{{id}}", version: "0.1.0", vendor: "Example", license: "CC0-1.0", providers: [Provider(Telemetry.self)])

@c(smg_plugin_entry_v0) public func entry(_ hostMinor: UInt32) -> PluginTable? { plugin.entry(hostMinor) }
