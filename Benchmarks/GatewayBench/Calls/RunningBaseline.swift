internal import CLinux
internal import Glibc

/// The baseline server, started, and the gateway's own request for it to send back.
final class RunningBaseline {
  let process: ServerProcess
  let port: Int
  private let input: Int32

  init(errors: String) throws {
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    guard smg_pipe(&toChild) == 0, smg_pipe(&fromChild) == 0 else { throw BenchError.system("pipe") }
    defer {
      close(toChild[0])
      close(fromChild[0])
    }
    process = try ServerProcess(
      "/proc/self/exe", [EchoBaseline.verb], input: toChild[0], output: .descriptor(fromChild[1]), errors: .file(errors))
    close(fromChild[1])
    input = toChild[1]
    var line = [UInt8](repeating: 0, count: 16)
    let count = line.withUnsafeMutableBytes { read(fromChild[0], $0.baseAddress, $0.count) }
    guard let port = Int(String(decoding: line.prefix(max(count - 1, 0)), as: UTF8.self)), port > 0 else {
      throw BenchError("the baseline server did not start")
    }
    self.port = port
  }

  deinit { close(input) }

  /// What a call of the gateway looks like, for a server that only sends it back.
  func subject(like call: CallTemplate) -> Subject {
    Subject(
      name: "bare SwiftNIO echo", port: port,
      template: CallTemplate(repeating: call, answerPrefix: #""message":""#), processes: [ProcessUsage(pid: process.pid)])
  }
}

extension CallTemplate {
  /// The same bytes, expecting another answer.
  init(repeating other: CallTemplate, answerPrefix: StaticString) {
    self.init(request: other.request, message: other.message, answerPrefix: answerPrefix)
  }
}
