internal import JSON

/// What ``FederationBench`` found.
struct FederationResult: Sendable {
  static let directHTTP = "direct, HTTP"

  /// The direct call over HTTP first.
  var calls: [CallResult]
  /// Nanoseconds, ascending.
  var directLines: [UInt64]
  var lists: [ListMeasurement.Result]

  var tables: [Table] { [callTable, listTable] }

  private var directLineP50: Double { Statistics.percentile(directLines, 0.5) / 1000 }

  /// What the gateway adds to the same call over the same transport.
  private func added(_ result: CallResult) -> Double? {
    guard result.name != Self.directHTTP, let direct = calls.first else { return nil }
    return result.name.contains("stdio") ? result.p50 - directLineP50 : result.compared(to: direct).addedP50
  }

  private var callTable: Table {
    let plan = calls.first?.plan
    var table = Table(
      "ONE FEDERATED TOOL CALL, message of \(Figure.bytes(plan?.messageBytes ?? 0)), everything on; medians of \(plan?.rounds ?? 0) rounds",
      ["client's call", "p50 µs", "p99 µs", "+p50 µs", "calls/s ×\(plan?.connections ?? 0)", "CPU µs"])
    table.add([
      "direct, stdio", Figure.microseconds(directLineP50), Figure.microseconds(Statistics.percentile(directLines, 0.99) / 1000), "-", "-",
      "-",
    ])
    for result in calls {
      table.add([
        result.name, Figure.microseconds(result.p50), Figure.microseconds(result.p99), added(result).map(Figure.microseconds) ?? "-",
        Figure.text(result.callsPerSecond, digits: 0), Figure.microseconds(result.serverCPU),
      ])
    }
    return table
  }

  private var listTable: Table {
    var table = Table(
      "tools/list, \(ToolServer.toolCount) tools a server (T37)", ["list", "p50 ms", "max ms", "lists"])
    for list in lists {
      table.add([
        list.name, Figure.text(Statistics.median(list.times) / 1000, digits: 3), Figure.text((list.times.max() ?? 0) / 1000, digits: 3),
        String(list.times.count),
      ])
    }
    return table
  }

  var json: JSONValue {
    [
      "direct_stdio_p50_us": JSONValue(directLineP50),
      "calls": .array(
        calls.map { result in
          [
            "call": JSONValue(result.name), "p50_us": JSONValue(result.p50), "p99_us": JSONValue(result.p99),
            "added_p50_us": added(result).map { JSONValue($0) } ?? .null, "calls_per_second": JSONValue(result.callsPerSecond),
            "cpu_us_per_call": JSONValue(result.serverCPU),
          ]
        }),
      "lists": .array(lists.map { ["list": JSONValue($0.name), "p50_us": JSONValue(Statistics.median($0.times))] }),
    ]
  }
}
