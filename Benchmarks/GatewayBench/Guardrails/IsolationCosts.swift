internal import Glibc
internal import Host
internal import JSON
internal import NIOCore

/// What a check costs in the gateway's process and in one of the plugin's own, for the same plugins in C, Rust and Swift.
struct IsolationCosts {
  let binary: String
  let headers: String
  let folder: String
  let isQuick: Bool

  private static let texts = [64, 4 << 10, 64 << 10]

  func run() async throws {
    try CGuardrail.build(folder: folder, header: headers)
    var candidates = [CheckMeasurement.Candidate.c]
    if try RustGuardrail.build(folder: folder) { candidates.append(.rust) } else { Output.print("no cargo, so no plugin in Rust") }
    candidates.append(.keywords(10))
    let host = try PluginHost.forBenchmark(folders: [folder, ExecutablePath(path: binary).defaultPluginFolder], binary: binary)
    let measurement = CheckMeasurement(host: host, sizes: Self.texts, seconds: isQuick ? 0.2 : 1)
    var results = Results()
    for candidate in candidates { results.checks += try await measurement.run(candidate, in: [.eventLoop, .pool, .isolated]) }
    await host.shutdown(deadline: .now() + .seconds(5))
    Output.print(results.checkTable.text)
  }
}

/// The Rust example, built by cargo without a network.
enum RustGuardrail {
  /// - Returns: false when there is no cargo.
  static func build(folder: String) throws -> Bool {
    let sources = "Examples/Plugins/rust"
    guard access(sources + "/Cargo.toml", R_OK) == 0 else { throw BenchError("\(sources) is not there; run this in the repository") }
    let log = folder + "/cargo.log"
    let target = folder + "-cargo"
    let command = """
      command -v cargo > /dev/null || exit 0
      cd \(sources) && cargo build --release --offline --target-dir '\(target)' &&
        install -m 0644 '\(target)/release/libLengthRust.so' '\(folder)/libLengthRust.so'
      rm -rf '\(target)'
      """
    let cargo = try ServerProcess("/bin/sh", ["-c", command], errors: .file(log))
    while cargo.isRunning { usleep(2000) }
    if access(folder + "/libLengthRust.so", R_OK) == 0 { return true }
    let text = SystemText.file(log) ?? ""
    guard text.isEmpty else { throw BenchError("cargo failed: \(text)") }
    return false
  }
}

extension CheckMeasurement.Candidate {
  static let rust = Self(
    name: "Rust, length", provider: "length-rust", config: ["max_bytes": 100_000], blockedText: String(repeating: "x", count: 100_001))
}
