internal import CLinux
internal import Glibc

/// A server of this program's own, started: the baseline, or one to put behind the gateway.
final class RunningServer {
  let process: ServerProcess
  let port: Int
  private let input: Int32

  /// - Parameter arguments: what makes this program that server.
  init(_ arguments: [String], errors: String) throws {
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    guard smg_pipe(&toChild) == 0, smg_pipe(&fromChild) == 0 else { throw BenchError.system("pipe") }
    defer {
      close(toChild[0])
      close(fromChild[0])
    }
    process = try ServerProcess(
      "/proc/self/exe", arguments, input: toChild[0], output: .descriptor(fromChild[1]), errors: .file(errors))
    close(fromChild[1])
    input = toChild[1]
    var line = [UInt8](repeating: 0, count: 16)
    let count = line.withUnsafeMutableBytes { read(fromChild[0], $0.baseAddress, $0.count) }
    guard let port = Int(String(decoding: line.prefix(max(count - 1, 0)), as: UTF8.self)), port > 0 else {
      throw BenchError("\(arguments.joined(separator: " ")) did not start")
    }
    self.port = port
  }

  deinit { close(input) }
}

/// The baseline is given the gateway's own request to send back.
extension RunningServer {
  /// What a call of the gateway looks like, for a server that only sends it back.
  func baseline(like call: CallTemplate) -> Subject {
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
