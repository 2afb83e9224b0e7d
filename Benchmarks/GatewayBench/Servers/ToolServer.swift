internal import Glibc
internal import Host

/// An MCP server to put behind the gateway, in a process of its own: thirty tools, one of which says back its message; over standard input and output, or over
/// HTTP on a free port of 127.0.0.1, which it prints.
enum ToolServer {
  /// The hidden word that makes this program the server; `http` or `stdio` comes after it.
  static let verb = "__tool-server"
  static let toolCount = 30

  static func run(_ transport: String) async throws {
    transport == "http" ? try await PlainHTTPServer.run { _ in ToolHandler() } : serveLines()
  }

  /// Answers line by line, and ends with its input.
  private static func serveLines() {
    let conversation = ToolConversation()
    while let line = readLine(strippingNewline: true) {
      guard let answer = conversation.answer(Array(line.utf8)) else { continue }
      (answer + [0x0A]).withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
          guard count > 0 else { _exit(0) }
          rest = rest.dropFirst(count)
        }
      }
    }
  }
}
