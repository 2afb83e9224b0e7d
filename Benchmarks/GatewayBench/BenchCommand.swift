internal import ArgumentParser
internal import Glibc
internal import JSON

@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "GatewayBench", abstract: "Measure the gateway against a bare SwiftNIO echo server, on this machine only.",
    discussion: "Every answer is checked; a wrong one ends the run. Takes two to three minutes, with --quick about twenty seconds.")

  @Option(help: "The gateway, with its plugins beside it.") var gateway = ".build/release/secure-mcp-gateway"
  @Option(help: "The folder with smg_plugin.h.") var headers = "Sources/PluginABI/include"
  @Option(help: "Shown in the report.") var revision = "unknown"
  @Option(help: "Also write everything to this file, as JSON.") var json: String?
  @Flag(help: "Shorter and less certain.") var quick = false
  @Flag(help: "Measure only what each guardrail that judges in process costs for a KiB of text.") var guardrails = false
  @Flag(help: "Measure only what a check costs in the gateway's process and in one of the plugin's own, in C, Rust and Swift.")
  var isolation = false
  @Option(help: "Measure nothing; keep the gateway under load for so many seconds and print its process id, for perf(1) and the like.")
  var hold: Double?
  @Option(help: "With --hold: plain (auth only) or full (guardrail and telemetry too).") var protection = Protection.full
  @Option(help: "With --hold: connections.") var connections = 32
  @Option(help: "With --hold: bytes of the message.") var messageBytes = 200

  static func main() async {
    do {
      switch CommandLine.arguments.dropFirst().first {
      case EchoBaseline.verb: return try await EchoBaseline.run()
      case ToolServer.verb: return try await ToolServer.run(CommandLine.arguments.last ?? "")
      default: break
      }
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      exit(withError: error)
    }
  }

  func run() async throws {
    guard let path = realpath(gateway, nil) else { throw BenchError("\(gateway) is not there; build it first: swift build -c release") }
    defer { free(path) }
    let folder = try TemporaryFolder()
    RunningChildren.endWithThisProcess()
    let binary = String(cString: path)
    if let hold {
      return try Hold(binary: binary, folder: folder.path, protection: protection, connections: connections, messageBytes: messageBytes)
        .run(seconds: hold)
    }
    let machine = Machine(binary: binary, revision: revision)
    Output.print(machine.text)
    if guardrails {
      let plugins = String(binary.prefix(upTo: binary.lastIndex(of: "/") ?? binary.endIndex))
      return try await GuardrailCosts(host: .forBenchmark(folders: [plugins], binary: binary), seconds: quick ? 0.05 : 0.5).run()
    }
    if isolation {
      return try await IsolationCosts(binary: binary, headers: headers, folder: folder.path, isQuick: quick).run()
    }
    var bench = Bench(binary: binary, headers: headers, folder: folder.path, isQuick: quick)
    try await bench.run()
    if let json { try write(bench.results.json(machine).serializedString(pretty: true) + "\n", to: json) }
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchError.system(path) }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw BenchError.system(path) }
  }
}

/// A folder of this run's own, gone with it.
private final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/gateway-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError.system("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    guard let directory = opendir(path) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    rmdir(path)
  }
}
