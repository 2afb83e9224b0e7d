internal import PluginSDK
internal import Synchronization

/// Writes the gateway's logs, spans and metrics to standard output, standard error or a file: a line a record.
final class StdoutTelemetry: TelemetryProvider {
  static let name = "stdout"
  static let configSchema = StdoutConfig.schema

  private let config: StdoutConfig
  private let output: LineOutput
  private let isText: Bool
  private let host: PluginServices
  private let reported = Atomic<Bool>(false)

  init(config: PluginConfig, host: PluginServices) throws {
    self.config = try StdoutConfig(config.json)
    self.host = host
    output = try LineOutput(self.config.target)
    isText = self.config.format == .text || self.config.format == .auto && output.isTerminal
  }

  /// `emit` and `exportMetrics` run on a thread that may wait a little, so they write at once.
  func emit(_ batch: RecordBatch) {
    var lines: [UInt8] = []
    for index in batch.indices {
      let record = batch[index]
      guard record.kind != .log || record.severity == 0 || record.severity >= config.minimumSeverity else { continue }
      if isText { TextLine.append(record, to: &lines) } else { JSONLine.append(record, to: &lines) }
    }
    write(lines)
  }

  func exportMetrics(_ snapshot: MetricSnapshot) {
    guard config.hasMetrics else { return }
    var lines: [UInt8] = []
    for index in snapshot.indices {
      let metric = snapshot[index]
      for point in metric.indices {
        if isText {
          TextLine.append(metric, metric[point], at: snapshot.timeUnixNanoseconds, to: &lines)
        } else {
          JSONLine.append(metric, metric[point], at: snapshot.timeUnixNanoseconds, to: &lines)
        }
      }
    }
    write(lines)
  }

  func health() throws {
    if let problem = output.problem { throw PluginError.unavailable(problem) }
  }

  private func write(_ lines: [UInt8]) {
    guard !lines.isEmpty else { return }
    let isWhole = output.write(lines)
    if !isWhole, reported.exchange(true, ordering: .relaxed) == false { report() }
    let lost = output.takeDroppedBytes()
    if lost > 0 { host.metrics?.record(.counter, "stdout_dropped_bytes", unit: "By", value: Double(lost)) }
  }

  /// Says once that lines are lost: on another thread, because the host drops what a provider logs inside `emit`.
  private func report() {
    let (host, reason) = (host, output.problem ?? "the reader is too slow")
    let log = { @Sendable in host.log(.warning, "Telemetry output is not taken; lines are dropped", [("reason", reason)]) }
    do {
      guard let timer = host.timer else { return log() }
      try timer.after(nanoseconds: 0) { _ in log() }
    } catch {
      log()
    }
  }
}
