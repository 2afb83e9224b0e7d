/// The gateway as an ordinary server of ordinary tools: calls in both eras before servers over both transports, beside the same calls without a gateway; and
/// the merged list.
struct FederationBench {
  let binary: String
  let folder: String
  let isQuick: Bool

  private var plan: CallPlan {
    CallPlan(
      messageBytes: 200, rounds: isQuick ? 3 : 7, alone: SliceLength(seconds: isQuick ? 0.1 : 0.4, minCalls: 20),
      together: SliceLength(seconds: isQuick ? 0.2 : 0.8, minCalls: 64), connections: 32, warmUpCalls: isQuick ? 20 : 100,
      withSessions: false)
  }

  func run() throws -> FederationResult {
    let remote = try RunningServer([ToolServer.verb, "http"], errors: folder + "/remote.log")
    let setup = try FederatedSetup(binary: binary, folder: folder, port: remote.port)
    let calls = try calls(setup, remote)
    let lines = try LineServer(errors: folder + "/lines.log")
    _ = try lines.calls(plan.warmUpCalls, messageBytes: plan.messageBytes)
    let direct = try lines.calls(isQuick ? 500 : 5000, messageBytes: plan.messageBytes)
    let lists = try ListMeasurement(setup: setup, remotePort: remote.port, folder: folder, isQuick: isQuick).run()
    return FederationResult(calls: calls, directLines: direct, lists: lists)
  }

  private func calls(_ setup: FederatedSetup, _ remote: RunningServer) throws -> [CallResult] {
    let gateway = try RunningGateway(setup.gateway, errors: folder + "/federated.log")
    defer { gateway.process.end() }
    _ = try gateway.waitUntilListening()
    let call = FederatedCall(port: gateway.port, key: setup.gateway.key)
    let sessions = try (0..<plan.connections).map { _ in try GatewayCall(setup: setup.gateway, port: gateway.port).openSession() }
    let remoteProcess = ProcessUsage(pid: remote.process.pid)
    var subjects = [
      Subject(
        name: FederationResult.directHTTP, port: remote.port,
        template: FederatedCall(port: remote.port, key: nil).modern("echo", messageBytes: plan.messageBytes), processes: [remoteProcess])
    ]
    for (server, transport) in [("one", "stdio"), ("remote", "HTTP")] {
      let tool = server + "__echo"
      let modern = call.modern(tool, messageBytes: plan.messageBytes)
      try LoadGenerator([try Caller(port: gateway.port, template: modern, number: 1)]).warmUp(calls: 1)
      let legacy = sessions.map { call.legacy(tool, session: $0, messageBytes: plan.messageBytes) }
      let processes = [gateway.usage]
      subjects.append(Subject(name: "gateway, \(transport), 2026-07-28", port: gateway.port, template: modern, processes: processes))
      subjects.append(
        Subject(name: "gateway, \(transport), 2025-11-25", port: gateway.port, template: legacy[0], processes: processes, templates: legacy)
      )
    }
    return try CallMeasurement(plan: plan, subjects: subjects).run()
  }
}
