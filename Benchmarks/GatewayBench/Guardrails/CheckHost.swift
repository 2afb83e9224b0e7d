internal import Egress
internal import Host

extension PluginHost {
  /// A plugin host as the gateway has one, without anything to look up in and nowhere to log but an array of refusals.
  static func forBenchmark(folders: [String], binary: String) throws -> PluginHost {
    let host = PluginHost(
      settings: PluginSettings(searchPaths: folders, describerPath: binary), directory: EmptyDirectory(),
      egress: try EgressClient(), log: Log(sink: SilentLog(), scope: "bench"), metrics: SilentMetrics())
    try host.load()
    return host
  }
}

private struct EmptyDirectory: DirectorySource {
  func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? { nil }
}

private struct SilentLog: LogSink {
  let minimumLevel = LogLevel.error
  func write(_ record: LogRecord) {}
}

private struct SilentMetrics: PluginMetricsSink {
  func record(binding: String, kind: PluginMetricKind, name: String, unit: String, value: Double, labels: [(key: String, value: String)]) {}
}
