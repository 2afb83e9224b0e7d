internal import Glibc
internal import Host
internal import JSON

/// Where and with what a run took place.
struct Machine: Sendable {
  var cores: Int
  var processor: String
  var kernel: String
  var loadAverage: String
  var date: String
  var built: String
  var revision: String

  init(binary: String, revision: String) {
    cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let model = SystemText.file("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("model name") }
    processor = model?.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown processor"
    kernel = SystemText.file("/proc/sys/kernel/osrelease").map { String($0.prefix { $0 != "\n" }) } ?? "unknown"
    loadAverage = SystemText.file("/proc/loadavg").map { String($0.prefix { $0 != " " }) } ?? "unknown"
    date = WallClock.iso8601()
    var status = stat()
    let isThere = stat(binary, &status) == 0
    built = isThere ? WallClock.iso8601(unixNanoseconds: UInt64(status.st_mtim.tv_sec) * 1_000_000_000) : "unknown"
    self.revision = revision
  }

  var text: String {
    """
    \(cores) cores (shared by server, echo child and load), \(processor), Linux \(kernel), load average before \(loadAverage)
    run \(date.prefix(19))Z, gateway built \(built.prefix(19))Z, revision \(revision)
    """
  }

  var json: JSONValue {
    [
      "cores": JSONValue(cores), "processor": JSONValue(processor), "kernel": JSONValue(kernel),
      "load_average_before": JSONValue(loadAverage),
      "date": JSONValue(date), "gateway_built": JSONValue(built), "revision": JSONValue(revision),
    ]
  }
}
