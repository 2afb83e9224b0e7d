import Egress
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Host

/// A plugin folder of its own, a host on it, and what plugins reported through the host.
final class Bench: Sendable {
  let folder: URL
  let log = LogBook()
  let metrics = MetricBook()
  let keys: Keys
  let host: PluginHost

  /// - Parameter libraries: file name (without `lib` and `.so`) → what `Workshop.library` takes.
  init(
    _ libraries: [(file: String, source: String, defines: [String])], trust: PluginTrust = .any, keys: Keys = Keys(),
    change: (inout PluginSettings) -> Void = { _ in }
  ) async throws {
    folder = Workshop.scratch("plugins")
    self.keys = keys
    for library in libraries {
      let built = try await Workshop.library(library.source, library.defines)
      try FileManager.default.copyItem(at: built, to: folder.appendingPathComponent("lib\(library.file).so"))
    }
    var settings = PluginSettings(searchPaths: [folder.path], trust: trust, probeCreate: false, describerPath: Self.gateway)
    change(&settings)
    host = PluginHost(settings: settings, directory: keys, egress: Self.egress, log: Log(sink: log, scope: "plugins"), metrics: metrics)
  }

  convenience init(_ source: String, _ defines: [String] = [], change: (inout PluginSettings) -> Void = { _ in }) async throws {
    try await self.init([(source, source, defines)], change: change)
  }

  /// One for all: an instance keeps its client until the process ends.
  static let egress: EgressClient = {
    do { return try EgressClient() } catch { fatalError("\(error)") }
  }()

  /// The gateway's binary, beside the test runner.
  static let gateway: String = {
    let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return runner.deletingLastPathComponent().appendingPathComponent("secure-mcp-gateway").path
  }()

  /// Both ways in which a plugin may run: what holds for one has to hold for the other.
  static let modes: [PluginMode] = [.inProcess, .isolated(SandboxRules())]

  /// The tests run under AddressSanitizer.
  static let isSanitized = dlsym(nil, "__asan_init") != nil

  func path(_ file: String) -> String { folder.appendingPathComponent("lib\(file).so").path }

  /// The one refusal of the one file.
  func refusal() throws -> PluginRefusal {
    try host.load()
    return try #require(host.refusals.first, "found \(host.providers.map(\.name))")
  }

  func guardrail(
    config: String = "{}", inline: Bool = false, name: String = "test", timeout: TimeAmount = .seconds(10),
    egress: EgressRules = EgressRules(), mode: PluginMode = .inProcess
  ) async throws -> PluginInstance {
    if host.providers.isEmpty { try host.load() }
    return try await host.bind(
      BindingSpec(
        kind: .guardrail, bindingName: "binding", provider: name, configJSON: Array(config.utf8), trustInline: inline,
        createTimeout: timeout, egress: egress, mode: mode))
  }

  func end() async { await host.shutdown(deadline: .now() + .seconds(5)) }
}

/// The latest log records, kept.
final class LogBook: LogSink {
  private static let capacity = 2000
  private let records = Mutex<[LogRecord]>([])
  var minimumLevel: LogLevel { .debug }
  func write(_ record: LogRecord) {
    records.withLock {
      if $0.count == Self.capacity { $0.removeFirst(Self.capacity / 2) }
      $0.append(record)
    }
  }
  var all: [LogRecord] { records.withLock { $0 } }
  func contains(_ text: String) -> Bool { all.contains { $0.message.contains(text) } }
}

/// Metrics that plugins recorded, counted by name.
final class MetricBook: PluginMetricsSink {
  struct Entry: Sendable {
    var kind: PluginMetricKind
    var name: String
    var unit: String
    var value: Double
    var labels: [(key: String, value: String)]
  }
  private let entries = Mutex<[Entry]>([])
  func record(binding: String, kind: PluginMetricKind, name: String, unit: String, value: Double, labels: [(key: String, value: String)]) {
    entries.withLock { $0.append(Entry(kind: kind, name: name, unit: unit, value: value, labels: labels)) }
  }
  var all: [Entry] { entries.withLock { $0 } }
  func count(_ name: String) -> Int { entries.withLock { $0.count { $0.name == name } } }
}

/// A directory of test keys.
struct Keys: DirectorySource {
  var records: [String: KeyRecord] = [:]
  func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? { records[String(decoding: presented, as: UTF8.self)] }
}

/// Waits until something is so; a test that waits in vain fails.
func eventually(
  _ what: String, within seconds: Double = 10, sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while !isSo() {
    guard ContinuousClock.now < deadline else {
      Issue.record("never: \(what)", sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(1))
  }
}

extension PluginInstance {
  /// Asks about one text.
  func ask(_ text: String, _ timeout: TimeAmount = .seconds(10)) async -> PluginReply<Verdict> {
    await check(.about(text), deadline: .now() + timeout)
  }
}

extension GuardrailRequest {
  static func about(_ texts: String...) -> GuardrailRequest {
    GuardrailRequest(
      context: CallContext(requestID: "r", principal: "p", session: "s"), phase: .input, surface: "tools/call", server: "echo", item: "say",
      segments: texts.enumerated().map { Segment(pointer: "/params/arguments/\($0.offset)", text: $0.element) })
  }
}

extension PluginReply {
  var value: Value? { if case .value(let value) = self { value } else { nil } }
  var failure: PluginFailure? { if case .failed(let failure) = self { failure } else { nil } }
  var refusal: Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}
