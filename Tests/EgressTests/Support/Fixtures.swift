import Egress
import NIOCore
import Synchronization
import Testing

/// A client and a server that live for one closure; every transfer of the client must have ended after it.
@discardableResult
func withServer<R>(
  settings: EgressSettings = EgressSettings(), _ serve: @escaping @Sendable (Peer) -> Void,
  _ body: (EgressClient, SocketServer) async throws -> R
) async throws -> R {
  let server = try SocketServer(serve)
  defer { server.stop() }
  let client = try EgressClient(settings)
  let result: Result<R, any Error>
  do { result = .success(try await body(client, server)) } catch { result = .failure(error) }
  await eventually("no transfer is left") { client.activeTransfers == 0 }
  await client.shutdown()
  return try result.get()
}

/// A request to `server` that its rules allow.
func request(_ server: SocketServer, _ path: String = "/", host: String = "127.0.0.1") throws -> EgressRequest {
  var request = EgressRequest(url: "http://\(host):\(server.port)\(path)", deadline: .now() + .seconds(20))
  request.rules = EgressRules(addresses: try AddressPolicy(allowing: ["127.0.0.1", "localhost"]))
  return request
}

/// Waits for a condition, for at most 20 s.
func eventually(_ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool) async {
  let end = ContinuousClock.now + .seconds(20)
  while !condition() {
    guard ContinuousClock.now < end else {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    try? await Task.sleep(for: .milliseconds(2))
  }
}

/// Something that a server's threads note for the test.
final class Noted<Value: Sendable>: Sendable {
  private let stored: Mutex<Value>

  init(_ value: Value) { stored = Mutex(value) }

  var value: Value { stored.withLock { $0 } }

  func change(_ body: (inout Value) -> Void) { stored.withLock { body(&$0) } }
}

extension EgressBody {
  func text() async throws -> String {
    String(decoding: try await collect(upTo: 1 << 20), as: UTF8.self)
  }
}
