internal import Glibc
internal import Host
internal import JSON
internal import NIOCore

/// One run: everything side by side, the tables as they come.
struct Bench {
  let binary: String
  let headers: String
  let folder: String
  let isQuick: Bool
  private(set) var results = Results()

  init(binary: String, headers: String, folder: String, isQuick: Bool) {
    self.binary = binary
    self.headers = headers
    self.folder = folder
    self.isQuick = isQuick
  }

  mutating func run() async throws {
    let plain = try GatewaySetup(binary: binary, folder: folder, protection: .plain)
    let full = try GatewaySetup(binary: binary, folder: folder, protection: .full)
    try checkTelemetry(full)
    for plan in isQuick ? CallPlan.quick : CallPlan.thorough {
      let measured = try calls(plan, plain, full)
      if let table = Results.table(measured) { Output.print(table.text) }
      results.calls.append(measured)
    }
    results.federation = try FederationBench(binary: binary, folder: folder, isQuick: isQuick).run()
    for table in results.federation?.tables ?? [] { Output.print(table.text) }
    for (name, setup) in [("auth", plain), ("everything on", full)] {
      results.starts.append((name, try StartMeasurement(setup: setup, folder: folder, runs: isQuick ? 5 : 9).run()))
    }
    Output.print(results.startTable.text)
    results.checks = try await checks()
    Output.print(results.checkTable.text)
    Output.print(Target.table(results.targets).text)
  }

  // MARK: Calls

  private func calls(_ plan: CallPlan, _ plain: GatewaySetup, _ full: GatewaySetup) throws -> [CallResult] {
    let baseline = try RunningServer([EchoBaseline.verb], errors: folder + "/echo.log")
    let gateways = try [plain, full].map { try RunningGateway($0, errors: "\($0.configPath).log") }
    defer { for gateway in gateways { gateway.process.end() } }
    for gateway in gateways { _ = try gateway.waitUntilListening() }
    let modern = zip(gateways, [SubjectName.plain, SubjectName.full]).map { gateway, name in
      (gateway, name, GatewayCall(setup: gateway.setup, port: gateway.port).modern(messageBytes: plan.messageBytes))
    }
    var subjects = [baseline.baseline(like: modern[0].2)]
    for (gateway, name, template) in modern {
      try LoadGenerator([try Caller(port: gateway.port, template: template, number: 1)]).warmUp(calls: 1)
      subjects.append(Subject(name: name, port: gateway.port, template: template, processes: try gateway.processes()))
      try GatewayCall(setup: gateway.setup, port: gateway.port).checkAuthentication()
    }
    try GatewayCall(setup: full, port: gateways[1].port).checkGuardrail()
    if plan.withSessions { subjects += try sessions(gateways, plan, subjects) }
    return try CallMeasurement(plan: plan, subjects: subjects).run()
  }

  /// The same calls in sessions of 2025-11-25, one session a connection.
  private func sessions(_ gateways: [RunningGateway], _ plan: CallPlan, _ modern: [Subject]) throws -> [Subject] {
    try zip(gateways, [SubjectName.plainSession, SubjectName.fullSession]).enumerated().map { index, pair in
      let (gateway, name) = pair
      let call = GatewayCall(setup: gateway.setup, port: gateway.port)
      let templates = try (0..<plan.connections).map { _ in try call.legacy(messageBytes: plan.messageBytes) }
      return Subject(
        name: name, port: gateway.port, template: templates[0], processes: modern[index + 1].processes, templates: templates)
    }
  }

  /// Telemetry must be at work: a hundred calls leave at least a hundred lines on standard output. When figures are taken, that is /dev/null.
  private func checkTelemetry(_ setup: GatewaySetup) throws {
    let path = folder + "/telemetry.jsonl"
    let gateway = try RunningGateway(setup, errors: folder + "/telemetry.log", output: .file(path))
    _ = try gateway.waitUntilListening()
    let template = GatewayCall(setup: setup, port: gateway.port).modern(messageBytes: 200)
    try LoadGenerator([try Caller(port: gateway.port, template: template, number: 1)]).warmUp(calls: 100)
    gateway.process.end()
    let spans = (SystemText.file(path) ?? "").split(separator: "\n").count { $0.contains("secure_tool_execution") }
    guard spans >= 100 else { throw BenchError("100 calls left \(spans) spans on standard output:\n\(gateway.log)") }
  }

  // MARK: Checks

  private func checks() async throws -> [CheckMeasurement.Result] {
    try CGuardrail.build(folder: folder, header: headers)
    let plugins = ExecutablePath(path: binary).defaultPluginFolder
    let host = try PluginHost.forBenchmark(folders: [folder, plugins], binary: binary)
    let seconds = isQuick ? 0.1 : 0.5
    let all = CheckMeasurement(host: host, sizes: [51, 4 << 10, 64 << 10], seconds: seconds)
    var results = try await all.run(.c)
    for count in [10, 10_000] { results += try await all.run(.keywords(count)) }
    await host.shutdown(deadline: .now() + .seconds(5))
    return results
  }
}

extension CallPlan {
  static let thorough = [
    CallPlan(
      messageBytes: 200, rounds: 9, alone: SliceLength(seconds: 0.4, minCalls: 50), together: SliceLength(seconds: 0.8, minCalls: 200),
      connections: 32, warmUpCalls: 100, withSessions: true),
    CallPlan(
      messageBytes: 60 << 10, rounds: 7, alone: SliceLength(seconds: 0.4, minCalls: 20), together: SliceLength(seconds: 0.8, minCalls: 64),
      connections: 32, warmUpCalls: 10, withSessions: false),
    CallPlan(
      messageBytes: 10 << 20, rounds: 3, alone: SliceLength(seconds: 1, minCalls: 3), together: SliceLength(seconds: 2, minCalls: 8),
      connections: 4, warmUpCalls: 1, withSessions: false),
  ]

  static let quick = [
    CallPlan(
      messageBytes: 200, rounds: 5, alone: SliceLength(seconds: 0.1, minCalls: 20), together: SliceLength(seconds: 0.2, minCalls: 64),
      connections: 32, warmUpCalls: 20, withSessions: true),
    CallPlan(
      messageBytes: 60 << 10, rounds: 3, alone: SliceLength(seconds: 0.1, minCalls: 10), together: SliceLength(seconds: 0.2, minCalls: 32),
      connections: 32, warmUpCalls: 3, withSessions: false),
    CallPlan(
      messageBytes: 10 << 20, rounds: 1, alone: SliceLength(seconds: 0.1, minCalls: 2), together: SliceLength(seconds: 0.1, minCalls: 4),
      connections: 4, warmUpCalls: 1, withSessions: false),
  ]
}
