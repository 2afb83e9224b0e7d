/// One gateway under steady load, for a profiler to look at.
struct Hold {
  let binary: String
  let folder: String
  let protection: Protection
  let connections: Int
  let messageBytes: Int

  func run(seconds: Double) throws {
    let setup = try GatewaySetup(binary: binary, folder: folder, protection: protection)
    let gateway = try RunningGateway(setup, errors: folder + "/hold.log")
    defer { gateway.process.end() }
    _ = try gateway.waitUntilListening()
    let template = GatewayCall(setup: setup, port: gateway.port).modern(messageBytes: messageBytes)
    let callers = try (0..<connections).map { try Caller(port: gateway.port, template: template, number: $0 + 1) }
    let load = LoadGenerator(callers)
    try load.warmUp(calls: 10)
    let processes = try gateway.processes()
    Output.print("gateway \(gateway.process.pid), its echo server \(processes[1].pid)")
    let before = processes.map(\.cpuNanoseconds)
    let slice = try load.run(SliceLength(seconds: seconds, minCalls: 1))
    let cpu = zip(before, processes.map(\.cpuNanoseconds)).map { Double($1 &- $0) / 1000 / Double(slice.calls) }
    Output.print(
      "\(slice.calls) calls, \(Figure.text(slice.callsPerSecond, digits: 0))/s, p50 \(Figure.microseconds(slice.p50)) µs, "
        + "CPU a call \(Figure.microseconds(cpu[0])) µs and \(Figure.microseconds(cpu[1])) µs")
  }
}
