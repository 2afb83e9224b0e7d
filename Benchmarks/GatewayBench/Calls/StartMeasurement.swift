internal import Glibc

/// From the start of the process to its first answered call: configuration read, plugins checked, loaded and created, child started, tools listed.
struct StartMeasurement {
  let setup: GatewaySetup
  let folder: String
  let runs: Int

  /// Milliseconds.
  struct Times: Sendable {
    var listening: Double
    var firstAnswer: Double
    /// The same call once more.
    var secondAnswer: Double
  }

  func run() throws -> [Times] { try (0..<runs).map { _ in try once() } }

  private func once() throws -> Times {
    let gateway = try RunningGateway(setup, errors: folder + "/start.log")
    _ = try gateway.waitUntilListening()
    let listening = MonotonicClock.now()
    let caller = try Caller(
      port: gateway.port, template: GatewayCall(setup: setup, port: gateway.port).modern(messageBytes: 200), number: 1)
    let load = LoadGenerator([caller])
    try load.warmUp(calls: 1)
    let first = MonotonicClock.now()
    try load.warmUp(calls: 1)
    let second = MonotonicClock.now()
    gateway.process.end()
    return Times(
      listening: Double(listening - gateway.startedAt) / 1e6, firstAnswer: Double(first - gateway.startedAt) / 1e6,
      secondAnswer: Double(second - first) / 1e6)
  }
}
