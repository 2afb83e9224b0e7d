internal import CLinux
internal import Glibc

/// The benchmark's server over stdio, spoken to without a gateway: what a call costs at the least.
final class LineServer {
  private let process: ServerProcess
  private let input: Int32
  private let output: Int32

  init(errors: String) throws {
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    guard smg_pipe(&toChild) == 0, smg_pipe(&fromChild) == 0 else { throw BenchError.system("pipe") }
    process = try ServerProcess(
      "/proc/self/exe", [ToolServer.verb, "stdio"], input: toChild[0], output: .descriptor(fromChild[1]), errors: .file(errors))
    close(toChild[0])
    close(fromChild[1])
    input = toChild[1]
    output = fromChild[0]
  }

  deinit {
    close(input)
    close(output)
  }

  /// Nanoseconds of so many calls, one after another, ascending.
  func calls(_ count: Int, messageBytes: Int) throws -> [UInt64] {
    let text = String(repeating: "x", count: messageBytes)
    var times = try (0..<count).map { number in
      let line =
        #"{"jsonrpc":"2.0","id":\#(number),"method":"tools/call","params":{"name":"echo","arguments":{"message":"\#(text)"}}}"# + "\n"
      let start = MonotonicClock.now()
      let answer = try exchange(Array(line.utf8))
      guard answer.withUnsafeBytes({ ByteSearch.find(#""type":"text","text":"xxx"#, in: $0) }) != nil else {
        throw BenchError("a wrong answer of the server over stdio")
      }
      return MonotonicClock.now() - start
    }
    times.sort()
    return times
  }

  private func exchange(_ line: [UInt8]) throws -> [UInt8] {
    guard write(input, line, line.count) == line.count else { throw BenchError.system("write") }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while answer.last != 0x0A {
      let count = read(output, &chunk, chunk.count)
      guard count > 0 else { throw BenchError("the server over stdio ended") }
      answer += chunk[..<count]
    }
    return answer
  }
}
