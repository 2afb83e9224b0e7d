internal import Glibc

/// The real binary, serving.
final class RunningGateway {
  let port: Int
  let setup: GatewaySetup
  let process: ServerProcess
  let startedAt: UInt64
  private let errors: String
  private static let startMilliseconds: UInt64 = 15_000

  /// Starts it; `waitUntilListening` says when it is there.
  /// - Parameter output: standard output, which is where stdout telemetry goes.
  init(_ setup: GatewaySetup, errors: String, output: ServerProcess.Stream = .null) throws {
    self.setup = setup
    self.errors = errors
    port = try FreePort.find()
    startedAt = MonotonicClock.now()
    process = try ServerProcess(
      setup.binary, ["serve", "--config", setup.configPath, "--port", String(port), "--quiet"], output: output, errors: .file(errors))
  }

  /// A connection to it, tried again until somebody listens.
  func waitUntilListening() throws -> HTTPSocket {
    while true {
      do { return try HTTPSocket(port: port) } catch {
        guard process.isRunning else { throw BenchError("the gateway ended at once:\n\(log)") }
        guard MonotonicClock.now() - startedAt < Self.startMilliseconds * 1_000_000 else {
          throw BenchError("the gateway does not listen after \(Self.startMilliseconds / 1000) s:\n\(log)")
        }
        usleep(200)
      }
    }
  }

  /// The end of what it said on standard error.
  var log: String { String((SystemText.file(errors) ?? "").suffix(4000)) }
  var usage: ProcessUsage { ProcessUsage(pid: process.pid) }

  /// The gateway and the echo server behind it, which runs once a call was made.
  func processes() throws -> [ProcessUsage] {
    guard let child = usage.descendant(withArgument: "echo-server") else {
      throw BenchError("the gateway's echo server does not run:\n\(log)")
    }
    return [usage, child]
  }
}

enum FreePort {
  /// A port of 127.0.0.1 that was free a moment ago.
  static func find() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError.system("socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
      }
    }
    guard result == 0 else { throw BenchError.system("bind") }
    return Int(in_port_t(bigEndian: address.sin_port))
  }
}
