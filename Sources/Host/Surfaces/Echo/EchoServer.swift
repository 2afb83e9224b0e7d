internal import Glibc
internal import MCP

/// The built-in MCP server of `secure-mcp-gateway echo-server`: stdio, both eras, a tool that says back what it was told. The demo
/// configuration runs it, and so do tests. It blocks on its input and holds no state beyond the handshake.
package enum EchoServer {
  /// Bytes asked of the input at once.
  private static let readBytes = 256 << 10

  /// Serves standard input and output until the input ends. Returns the exit status: 0 at the end of the input or when nobody reads
  /// the answers any more, 1 when reading fails or a line is too long. Nothing else is ever written to standard output.
  package static func run() -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    return serve(input: STDIN_FILENO, output: STDOUT_FILENO)
  }

  /// The same on any two descriptors, blocking or not; SIGPIPE has to be ignored.
  package static func serve(input: Int32, output: Int32, maxLineBytes: Int = Limits.Upstream.maxMessageBytes) -> Int32 {
    var framer = LineFramer(maxLineBytes: maxLineBytes)
    var conversation = EchoConversation(maxMessageBytes: maxLineBytes)
    var chunk = [UInt8](repeating: 0, count: readBytes)
    while true {
      let count = chunk.withUnsafeMutableBytes { bytes in retrying(input, for: POLLIN) { read(input, bytes.baseAddress, bytes.count) } }
      guard count >= 0 else { return 1 }
      let isTooLong = count > 0 && !framer.accepts(chunk[..<count])
      var answers: [UInt8] = []
      while let line = framer.next() ?? (count == 0 ? framer.finish() : nil) {
        guard let answer = conversation.answer(line) else { continue }
        if answers.isEmpty { answers = answer } else { answers += answer }
        answers.append(0x0A)
        guard answers.count > readBytes else { continue }
        guard write(answers, to: output) else { return 0 }
        answers = []
      }
      if !answers.isEmpty, !write(answers, to: output) { return 0 }
      if count == 0 { return 0 }
      if isTooLong {
        _ = write(Encode.error(id: nil, .parseError("a line is longer than \(maxLineBytes) bytes")) + [0x0A], to: output)
        return 1
      }
    }
  }

  /// False when the reader is gone.
  private static func write(_ lines: [UInt8], to output: Int32) -> Bool {
    lines.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = retrying(output, for: POLLOUT) { Glibc.write(output, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Repeats a call that a signal interrupted, and waits where the descriptor is a non-blocking one.
  private static func retrying(_ descriptor: Int32, for event: Int32, _ call: () -> Int) -> Int {
    while true {
      let result = call()
      guard result < 0 else { return result }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var poll = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = Glibc.poll(&poll, 1, -1)
      default: return result
      }
    }
  }
}

extension LineFramer {
  fileprivate mutating func accepts(_ bytes: ArraySlice<UInt8>) -> Bool {
    do {
      try append(bytes)
      return true
    } catch {
      return false
    }
  }
}
