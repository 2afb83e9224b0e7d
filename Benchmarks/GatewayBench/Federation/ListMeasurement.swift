internal import Glibc

/// How long the merged `tools/list` takes: servers not running, lists forgotten, lists known; and the same of one server itself.
struct ListMeasurement {
  let setup: FederatedSetup
  let remotePort: Int
  let folder: String
  let isQuick: Bool

  struct Result: Sendable {
    var name: String
    /// Microseconds, one of each list.
    var times: [Double]
  }

  func run() throws -> [Result] {
    let starts = try (0..<(isQuick ? 3 : 7)).map { _ in try afterStart() }
    let gateway = try RunningGateway(setup.gateway, errors: folder + "/list.log")
    defer { gateway.process.end() }
    let socket = try gateway.waitUntilListening()
    let call = FederatedCall(port: gateway.port, key: setup.gateway.key)
    _ = try Self.time(call.list, on: socket, tools: Self.allTools)
    var forgotten: [Double] = []
    for _ in 0..<(isQuick ? 20 : 200) {
      try socket.exchange(call.clearCache)
      forgotten.append(try Self.time(call.list, on: socket, tools: Self.allTools))
    }
    let known = try (0..<(isQuick ? 200 : 2000)).map { _ in try Self.time(call.list, on: socket, tools: Self.allTools) }
    let direct = try HTTPSocket(port: remotePort)
    let list = FederatedCall(port: remotePort, key: nil).list
    let alone = try (0..<(isQuick ? 200 : 2000)).map { _ in try Self.time(list, on: direct, tools: ToolServer.toolCount) }
    return [
      Result(name: "one server itself, over HTTP", times: alone), Result(name: "gateway, three servers: first list of all", times: starts),
      Result(name: "gateway, three servers: cold", times: forgotten), Result(name: "gateway, three servers: warm", times: known),
    ]
  }

  private static let allTools = ToolServer.toolCount * FederatedSetup.servers.count

  /// The first request of a fresh gateway, whose servers have to be started and connected to.
  private func afterStart() throws -> Double {
    let gateway = try RunningGateway(setup.gateway, errors: folder + "/list.log")
    defer { gateway.process.end() }
    return try Self.time(
      FederatedCall(port: gateway.port, key: setup.gateway.key).list, on: try gateway.waitUntilListening(), tools: Self.allTools)
  }

  /// Every tool of every server has to be there.
  private static func time(_ list: [UInt8], on socket: HTTPSocket, tools: Int) throws -> Double {
    let start = MonotonicClock.now()
    try socket.exchange(list, timeoutMilliseconds: 20_000)
    let end = MonotonicClock.now()
    // Written so by the benchmark's server and by nobody else.
    let found = socket.withBody { ByteSearch.count(#""title":"The tool "#, in: $0) }
    guard socket.status == 200, found == tools else {
      throw BenchError("tools/list shows \(found) tools of the servers instead of \(tools), HTTP \(socket.status)")
    }
    return Double(end - start) / 1000
  }
}
