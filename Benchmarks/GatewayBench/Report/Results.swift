internal import JSON

/// Everything that one run found.
struct Results: Sendable {
  /// One list a payload: the baseline first.
  var calls: [[CallResult]] = []
  var starts: [(name: String, times: [StartMeasurement.Times])] = []
  var checks: [CheckMeasurement.Result] = []
  var federation: FederationResult?

  // MARK: Tables

  static func table(_ results: [CallResult]) -> Table? {
    guard let baseline = results.first else { return nil }
    let plan = baseline.plan
    var table = Table(
      "ONE TOOL CALL, message of \(Figure.bytes(plan.messageBytes)), medians of \(plan.rounds) rounds",
      [
        "server", "p50 µs", "p99 µs", "calls/s ×\(plan.connections)", "p99 ×\(plan.connections)", "CPU µs", "child CPU", "RSS MB", "peak",
        "÷ echo", "+p50 µs", "+CPU µs",
      ])
    for result in results {
      let ratio = result.compared(to: baseline)
      let isBaseline = result.name == baseline.name
      table.add([
        result.name, Figure.microseconds(result.p50), Figure.microseconds(result.p99),
        Figure.text(result.callsPerSecond, digits: result.callsPerSecond < 100 ? 1 : 0), Figure.microseconds(result.p99Together),
        Figure.microseconds(result.serverCPU), result.childCPU.map(Figure.microseconds) ?? "-",
        Figure.text(result.residentMB.first ?? 0, digits: 0), Figure.text(result.peakResidentMB.first ?? 0, digits: 0),
        isBaseline ? "1" : Figure.text(ratio.throughput, digits: 3), isBaseline ? "-" : Figure.microseconds(ratio.addedP50),
        isBaseline ? "-" : Figure.microseconds(ratio.addedCPU),
      ])
    }
    return table
  }

  var startTable: Table {
    var table = Table("START (ms, medians)", ["gateway", "listening", "first answer", "p max", "second answer", "runs"])
    for (name, times) in starts {
      table.add([
        name, Figure.text(Statistics.median(times.map(\.listening)), digits: 1),
        Figure.text(Statistics.median(times.map(\.firstAnswer)), digits: 1),
        Figure.text(times.map(\.firstAnswer).max() ?? 0, digits: 1), Figure.text(Statistics.median(times.map(\.secondAnswer)), digits: 2),
        String(times.count),
      ])
    }
    return table
  }

  var checkTable: Table {
    var table = Table(
      "ONE GUARDRAIL CHECK ACROSS THE ABI (µs)",
      ["guardrail", "text", "where", "p50", "p99", "CPU", "checks/s ×\(CheckMeasurement.sideBySide)"])
    for check in checks {
      table.add([
        check.guardrail, Figure.bytes(check.textBytes), check.place.rawValue, Figure.text(check.p50 / 1000, digits: 2),
        Figure.text(check.p99 / 1000, digits: 2), Figure.text(check.cpu / 1000, digits: 2), Figure.text(check.checksPerSecond, digits: 0),
      ])
    }
    return table
  }

  // MARK: Targets

  var targets: [Target] {
    var targets: [Target] = []
    if let small = calls.first, let baseline = small.first {
      let plain = small.first { $0.name == SubjectName.plain }
      let full = small.first { $0.name == SubjectName.full }
      if let full {
        let ratio = full.compared(to: baseline)
        targets.append(
          Target(
            figure: "throughput ÷ echo: auth, guardrail, telemetry", bound: 0.5, isLowerBound: true, reached: ratio.throughput, unit: "×"))
        targets.append(Target(figure: "added p50, everything on", bound: 50, isLowerBound: false, reached: ratio.addedP50, unit: "µs"))
        targets.append(
          Target(figure: "added CPU a call, everything on", bound: 10, isLowerBound: false, reached: ratio.addedCPU, unit: "µs"))
      }
      if let plain {
        let ratio = plain.compared(to: baseline)
        targets.append(Target(figure: "throughput ÷ echo: auth only", bound: 0.6, isLowerBound: true, reached: ratio.throughput, unit: "×"))
        targets.append(Target(figure: "added p50, auth only", bound: 50, isLowerBound: false, reached: ratio.addedP50, unit: "µs"))
        targets.append(Target(figure: "added CPU a call, auth only", bound: 10, isLowerBound: false, reached: ratio.addedCPU, unit: "µs"))
      }
      if let full, let resident = full.residentMB.first {
        targets.append(
          Target(figure: "RSS after \(full.plan.connections) connections", bound: 40, isLowerBound: false, reached: resident, unit: "MB"))
      }
    }
    for (name, times) in starts {
      let median = Statistics.median(times.map(\.firstAnswer))
      targets.append(Target(figure: "start to first answer, \(name)", bound: 50, isLowerBound: false, reached: median, unit: "ms"))
    }
    if let check = checks.first {
      targets.append(
        Target(
          figure: "check: \(check.guardrail), \(check.textBytes) B, event loop", bound: 1, isLowerBound: false, reached: check.p50 / 1000,
          unit: "µs"))
    }
    return targets
  }
}

/// What the subjects are called in tables.
enum SubjectName {
  static let plain = "gateway: auth"
  static let full = "gateway: auth, guardrail, telemetry"
  static let plainSession = "gateway: auth (2025-11-25)"
  static let fullSession = "gateway: all (2025-11-25)"
}

extension Results {
  func json(_ machine: Machine) -> JSONValue {
    [
      "machine": machine.json, "calls": .array(calls.flatMap { list in list.map { Self.json($0, list.first) } }),
      "starts": .array(
        starts.map { start in
          [
            "gateway": JSONValue(start.name), "listening_ms": .array(start.times.map { JSONValue($0.listening) }),
            "first_answer_ms": .array(start.times.map { JSONValue($0.firstAnswer) }),
          ]
        }),
      "checks": .array(
        checks.map { check in
          [
            "guardrail": JSONValue(check.guardrail), "text_bytes": JSONValue(check.textBytes), "place": JSONValue(check.place.rawValue),
            "p50_ns": JSONValue(check.p50), "p99_ns": JSONValue(check.p99),
            "cpu_ns": JSONValue(check.cpu), "checks_per_second": JSONValue(check.checksPerSecond),
          ]
        }), "targets": .array(targets.map(\.json)), "federation": federation?.json ?? .null,
    ]
  }

  private static func json(_ result: CallResult, _ baseline: CallResult?) -> JSONValue {
    var object: JSONObject = [
      "server": JSONValue(result.name), "message_bytes": JSONValue(result.plan.messageBytes), "calls": JSONValue(result.calls),
      "p50_us": JSONValue(result.p50), "p99_us": JSONValue(result.p99), "connections": JSONValue(result.plan.connections),
      "calls_per_second": JSONValue(result.callsPerSecond), "p99_together_us": JSONValue(result.p99Together),
      "cpu_us_per_call": JSONValue(result.serverCPU), "child_cpu_us_per_call": result.childCPU.map { JSONValue($0) } ?? .null,
      "rss_mb": JSONValue(result.residentMB.first ?? 0), "peak_rss_mb": JSONValue(result.peakResidentMB.first ?? 0),
    ]
    if let baseline {
      let ratio = result.compared(to: baseline)
      object["throughput_over_echo"] = JSONValue(ratio.throughput)
      object["added_p50_us"] = JSONValue(ratio.addedP50)
      object["added_cpu_us"] = JSONValue(ratio.addedCPU)
    }
    return .object(object)
  }
}
