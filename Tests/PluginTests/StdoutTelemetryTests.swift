import Foundation
import Glibc
import JSON
import PluginABI
import PluginTesting
import Synchronization
import Testing

@Suite struct StdoutTelemetryTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "stdout-telemetry-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private var path: String { folder + "/lines" }

  private func instance(_ config: String, host: FakeHost = FakeHost(expects: .nothing)) throws -> TestInstance {
    try TestInstance(BuiltLibrary(name: "StdoutTelemetry").open(), "stdout", config: config, host: host)
  }

  private func fileInstance(_ members: String = "") throws -> TestInstance { try instance(#"{"path": "\#(path)"\#(members)}"#) }

  private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func lines() throws -> [JSONValue] {
    try text().split(separator: "\n").map { try RawJSON(validating: Array($0.utf8)).value }
  }

  @Test func `a log is one line of JSON with stable keys`() throws {
    let memory = Memory()
    let instance = try fileInstance()
    let attributes = [
      memory.attribute("tool", SMG_ATTR_STRING, text: "echo"), memory.attribute("count", SMG_ATTR_INT, int: .min),
      memory.attribute("ratio", SMG_ATTR_DOUBLE, double: 0.5), memory.attribute("nan", SMG_ATTR_DOUBLE, double: .nan),
      memory.attribute("ok", SMG_ATTR_BOOL, int: 1), memory.attribute("list", SMG_ATTR_JSON, text: "[1,2]"),
      memory.attribute("broken", SMG_ATTR_JSON, text: "[1,"), memory.attribute("new", 99),
    ]
    instance.emit([memory.log("two\nlines \u{1b}[31m \"quoted\"", attributes: attributes)], memory)
    #expect(try instance.flush().status == SMG_OK)
    #expect(
      try text()
        == #"{"time":"2026-01-31T12:00:00.000001Z","kind":"log","severity":"INFO","body":"two\nlines \u001b[31m \"quoted\"","#
        + #""scope":"gateway","attributes":{"tool":"echo","count":-9223372036854775808,"ratio":0.5,"nan":null,"ok":true,"#
        + #""list":[1,2],"broken":"[1,","new":null}}"# + "\n")
  }

  @Test func `a span has its ids, its duration and its status`() throws {
    let memory = Memory()
    let instance = try fileInstance()
    instance.emit([memory.span("tool", status: 2), memory.span("other")], memory)
    let lines = try lines()
    #expect(lines.count == 2)
    #expect(lines[0]["kind"]?.stringValue == "span")
    #expect(lines[0]["name"]?.stringValue == "tool")
    #expect(lines[0]["trace_id"]?.stringValue == "0102030405060708090a0b0c0d0e0fff")
    #expect(lines[0]["span_id"]?.stringValue == "0000000000000001")
    #expect(lines[0]["parent_span_id"]?.stringValue == "ff00000000000002")
    #expect(lines[0]["duration_ms"]?.numberValue?.doubleValue == 1.5)
    #expect(lines[0]["status"]?.stringValue == "error")
    #expect(lines[1]["status"]?.stringValue == "unset")
  }

  @Test func `every point of a metric is a line`() throws {
    let memory = Memory()
    let instance = try fileInstance()
    let label = memory.attribute("server", SMG_ATTR_STRING, text: "a")
    try instance.export(
      [
        memory.metric(SMG_METRIC_COUNTER, "calls", [memory.point(3), memory.point(4, attributes: [label])]),
        memory.metric(SMG_METRIC_HISTOGRAM, "seconds", [memory.point(2.5, buckets: [1, 2, 0])], bounds: [0.1, 1]),
      ], memory)
    let lines = try lines()
    #expect(lines.map { $0["name"]?.stringValue } == ["calls", "calls", "seconds"])
    #expect(lines[0]["value"]?.intValue == 3)
    #expect(lines[1]["attributes"]?["server"]?.stringValue == "a")
    #expect(lines[2]["count"]?.intValue == 3)
    #expect(lines[2]["bucket_counts"]?.arrayValue?.count == 3)
  }

  @Test func `metrics can be left out`() throws {
    let memory = Memory()
    try fileInstance(#", "metrics": false"#).export([memory.metric(SMG_METRIC_GAUGE, "g", [memory.point(1)])], memory)
    #expect(try text().isEmpty)
  }

  @Test(arguments: [("trace", 5), ("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
  func `logs below the level are left out`(level: String, count: Int) throws {
    let memory = Memory()
    let instance = try fileInstance(#", "level": "\#(level)""#)
    instance.emit([1, 5, 9, 13, 17].map { memory.log("x", severity: $0) } + [memory.span("s")], memory)
    #expect(try lines().count == count + 1)
  }

  @Test func `a line for people cannot be forged`() throws {
    let memory = Memory()
    let instance = try fileInstance(#", "format": "text""#)
    let attribute = memory.attribute("k", SMG_ATTR_STRING, text: "a b\n2026 ERROR")
    instance.emit([memory.log("one\ntwo \u{1b}[2J\u{202e}", severity: 17, attributes: [attribute])], memory)
    #expect(
      try text() == "2026-01-31T12:00:00.000001Z ERROR [gateway] one\\u{a}two \\u{1b}[2J\\u{202e} k=\"a b\\u{a}2026 ERROR\"\n")
  }

  @Test func `a file is private, appended to and not reached through a link`() throws {
    try "before\n".write(toFile: path, atomically: false, encoding: .utf8)
    let memory = Memory()
    try fileInstance().emit([memory.log("x")], memory)
    #expect(try text().hasPrefix("before\n{"))
    let fresh = folder + "/fresh"
    _ = try instance(#"{"path": "\#(fresh)"}"#)
    var status = stat()
    #expect(stat(fresh, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    let link = folder + "/link"
    #expect(symlink(path, link) == 0)
    let error = #expect(throws: CreateRefused.self) { try instance(#"{"path": "\#(link)"}"#) }
    #expect(error?.message.contains(link) == true)
  }

  @Test(arguments: [
    (#"{"path": "relative"}"#, "absolute"), (#"{"path": "/nowhere/at/all"}"#, "cannot be opened"),
    (#"{"path": "/tmp/x", "stream": "stderr"}"#, "one of them"), ("[]", "not a JSON object"),
  ])
  func `a bad configuration is refused`(config: String, message: String) throws {
    let error = #expect(throws: CreateRefused.self) { try instance(config) }
    #expect(error?.status == SMG_E_INVALID)
    #expect(error?.message.contains(message) == true)
  }

  @Test func `the telemetry settings of existing configurations are accepted`() throws {
    let config = #"{"enabled": true, "url": "http://localhost:4317", "insecure": true, "service_name": "s", "job_name": "j"}"#
    #expect(throws: Never.self) { try instance(config) }
  }

  @Test func `a reader that takes nothing loses lines and no line is mixed up`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let memory = Memory()
    let host = FakeHost(expects: .nothing)
    let instance = try instance(#"{"path": "\#(path)"}"#, host: host)
    let long = String(repeating: "x", count: 30_000)
    instance.emit((0..<10).map { memory.log("\($0) \(long)") }, memory)
    let dropped = host.state.withLock { $0.metrics.first { $0.name == "stdout_dropped_bytes" }?.value ?? 0 }
    #expect(dropped > 100_000)
    let first = drain(reader)
    instance.emit([memory.log("after")], memory)
    let second = drain(reader)
    let whole = (first + second).split(separator: UInt8(ascii: "\n"))
    #expect(whole.count >= 3)
    for line in whole.dropLast(2) + [whole[whole.count - 1]] { #expect(throws: Never.self) { try RawJSON(validating: Array(line)) } }
    #expect(String(decoding: whole[whole.count - 1], as: UTF8.self).contains(#""body":"after""#))
    #expect(Double(first.count) + dropped > 300_000)
    host.fire(1, SMG_OK)
    #expect(host.state.withLock { $0.logs.map(\.message) } == ["Telemetry output is not taken; lines are dropped"])
    #expect(try instance.health().status == SMG_OK)
  }

  @Test func `a reader that is gone ends the output, not the process`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    let memory = Memory()
    let host = FakeHost(expects: .nothing)
    let instance = try instance(#"{"path": "\#(path)"}"#, host: host)
    close(reader)
    for _ in 0..<3 { instance.emit([memory.log("x")], memory) }
    let health = try instance.health()
    #expect(health.status == SMG_E_UNAVAILABLE)
    #expect(health.message.contains("Broken pipe"))
    #expect(host.state.withLock { $0.timers.count } == 1)
  }

  @Test func `a FIFO without a reader does not hold up the start`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: CreateRefused.self) { try instance(#"{"path": "\#(path)"}"#) }
  }

  private func drain(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return all }
      all += chunk.prefix(count)
    }
  }
}
