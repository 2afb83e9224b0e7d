import Foundation
import Glibc
import Host
import Testing

@Suite struct EchoServerTests {
  private static let meta =
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
  private static let initialize =
    #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#

  /// Runs the server on this input. Gives the exit status and the lines it wrote.
  private func serve(_ input: String, maxLineBytes: Int = 32 << 20) throws -> (status: Int32, lines: [String]) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    let files = (input: folder.appendingPathComponent("in"), output: folder.appendingPathComponent("out"))
    try Data(input.utf8).write(to: files.input)
    try Data().write(to: files.output)
    let descriptors = (input: try FileHandle(forReadingFrom: files.input), output: try FileHandle(forWritingTo: files.output))
    let status = EchoServer.serve(
      input: descriptors.input.fileDescriptor, output: descriptors.output.fileDescriptor, maxLineBytes: maxLineBytes)
    let output = try String(decoding: Data(contentsOf: files.output), as: UTF8.self)
    #expect(output.isEmpty || output.hasSuffix("\n"))
    return (status, output.split(separator: "\n").map(String.init))
  }

  private func call(_ id: String, _ params: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{\#(params)}}"#
  }

  @Test func `a legacy conversation from handshake to end`() throws {
    let (status, lines) = try serve(
      [
        #"{"jsonrpc":"2.0","id":"p","method":"ping"}"#, Self.initialize, #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        call("1", #""name":"echo","arguments":{"message":"a\ud800\u0000\n é"}"#), #"{"jsonrpc":"2.0","id":2,"method":"resources/list"}"#,
        #"{"jsonrpc":"2.0","id":9,"result":{}}"#,
      ].joined(separator: "\r\n"))
    #expect(status == 0)
    #expect(
      lines == [
        #"{"jsonrpc":"2.0","id":"p","result":{}}"#,
        #"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"echo-server","title":"Echo server","version":"1.0.0"}}}"#,
        #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a\ud800\u0000\n é"}],"isError":false}}"#,
        #"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"unknown method"}}"#,
      ])
  }

  @Test func `each request of 2026-07-28 stands for itself`() throws {
    let (_, lines) = try serve(
      [
        #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{\#(Self.meta)}}"#, call("2", #"\#(Self.meta),"name":"list_tools""#),
        #"{"jsonrpc":"2.0","id":3,"method":"ping","params":{\#(Self.meta)}}"#, #"{"jsonrpc":"2.0","id":4,"method":"server/discover"}"#,
        call("5", Self.meta.replacingOccurrences(of: "2026", with: "2027")),
      ].joined(separator: "\n"))
    try #require(lines.count == 5)
    #expect(lines[0].hasPrefix(#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2026-07-28"]"#))
    #expect(lines[1].contains(#""resultType":"complete""#) && lines[1].contains("echo: ") && lines[1].contains("list_tools: "))
    #expect(lines[2].contains(#""id":3,"error":{"code":-32601"#))
    #expect(lines[3].contains(#""id":4,"error":{"code":-32602"#))
    #expect(lines[4].contains(#""id":5,"error":{"code":-32022"#) && lines[4].contains(#""requested":"2027-07-28""#))
  }

  @Test func `after initialize the conversation stays legacy`() throws {
    let (_, lines) = try serve(
      [Self.initialize, call("1", #"\#(Self.meta),"name":"echo","arguments":{"message":"m"}"#)].joined(separator: "\n"))
    #expect(lines.last == #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"m"}],"isError":false}}"#)
  }

  @Test(arguments: [
    (#""name":"nope","arguments":{}"#, #""error":{"code":-32602"#), (#""arguments":{}"#, #""error":{"code":-32602"#),
    (#""name":1"#, #""error":{"code":-32602"#), (#""name":"echo","arguments":[]"#, #""error":{"code":-32602"#),
    (#""name":"echo""#, #""isError":true"#), (#""name":"echo","arguments":{}"#, #""isError":true"#),
    (#""name":"echo","arguments":{"message":1}"#, #""isError":true"#), (#""name":"echo","arguments":{"Message":"m"}"#, #""isError":true"#),
  ])
  func `a call that cannot be served says so`(params: String, expected: String) throws {
    let (_, lines) = try serve([Self.initialize, call("1", params)].joined(separator: "\n"))
    #expect(lines.last?.contains(expected) == true)
  }

  @Test(arguments: [
    ("nonsense", -32700), (#"{"a":1,"a":2}"#, -32700), ("\u{FEFF}{}", -32700), (String(repeating: "[", count: 100_000), -32700),
    ("[]", -32600),
    ("{}", -32600), (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, -32600),
  ])
  func `a bad line gets an error and the next one is served`(line: String, code: Int) throws {
    let (status, lines) = try serve([line, #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#].joined(separator: "\n"))
    try #require(lines.count == 2)
    #expect(lines[0].contains(#""error":{"code":\#(code)"#))
    #expect(lines[1] == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    #expect(status == 0)
  }

  @Test func `ten megabytes come back`() throws {
    let message = String(repeating: "0123456789", count: 1 << 20)
    let (_, lines) = try serve(
      [Self.initialize, call("1", #""name":"echo","arguments":{"message":"\#(message)"}"#)].joined(separator: "\n"))
    #expect(lines.last == #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\#(message)"}],"isError":false}}"#)
  }

  @Test func `a line that is too long ends it with an error`() throws {
    let (status, lines) = try serve(
      #"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + "\n" + String(repeating: "x", count: 100), maxLineBytes: 64)
    #expect(status == 1)
    #expect(lines.first == #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    #expect(lines.last?.contains("-32700") == true)
    #expect(lines.count == 2)
  }

  @Test func `an unreadable input ends it with status 1`() {
    #expect(EchoServer.serve(input: -1, output: -1) == 1)
  }

  @Test func `it ends when nobody reads its answers`() throws {
    signal(SIGPIPE, SIG_IGN)
    let (input, output) = (Pipe(), Pipe())
    try output.fileHandleForReading.close()
    try input.fileHandleForWriting.write(contentsOf: Data(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf8 + [0x0A]))
    #expect(EchoServer.serve(input: input.fileHandleForReading.fileDescriptor, output: output.fileHandleForWriting.fileDescriptor) == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func `pipes that do not block are waited for`() async throws {
    let (input, output) = (Pipe(), Pipe())
    for descriptor in [input.fileHandleForReading.fileDescriptor, output.fileHandleForWriting.fileDescriptor] {
      #expect(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0)
    }
    let ends = (input.fileHandleForReading.fileDescriptor, output.fileHandleForWriting.fileDescriptor)
    let (statuses, ended) = AsyncStream<Int32>.makeStream()
    Thread.detachNewThread { ended.yield(EchoServer.serve(input: ends.0, output: ends.1)) }
    // Larger than a pipe holds, so the server has to wait for the reader as well.
    let message = String(repeating: "m", count: 1 << 20)
    let conversation = [Self.initialize, call("1", #""name":"echo","arguments":{"message":"\#(message)"}"#), ""].joined(separator: "\n")
    try input.fileHandleForWriting.write(contentsOf: Data(conversation.utf8))
    var answers = Data()
    while answers.filter({ $0 == 0x0A }).count < 2 { answers += output.fileHandleForReading.availableData }
    try input.fileHandleForWriting.close()
    #expect(await statuses.first { _ in true } == 0)
    #expect(String(decoding: answers, as: UTF8.self).contains(message))
    withExtendedLifetime((input, output)) {}
  }
}
