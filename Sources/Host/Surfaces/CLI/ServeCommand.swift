internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the gateway in the foreground.",
    discussion: "SIGTERM and SIGINT let requests finish and stop; SIGHUP reads the configuration again, which every request does anyway.")

  @OptionGroup var config: ConfigOption
  @Option(help: "Address to listen on, instead of gateway.host.") var host: String?
  @Option(help: "Port to listen on, instead of gateway.port; 0 lets the system choose.") var port: Int?
  @Flag(help: "Leave out the welcome with the URL and the ways to try it.") var quiet = false

  func validate() throws {
    guard port.map({ (0...65_535).contains($0) }) ?? true else { throw ValidationError("--port must be from 0 to 65535.") }
  }

  func run() async throws {
    try await Command.run {
      let context = try config.context()
      let source = context.lookup.find()
      let gateway = try await Gateway.open(source, executable: context.executable, isServing: true)
      let settings = gateway.store.snapshot.config.gateway
      let key = source.path.flatMap { GatewayKey.stored(beside: $0) }
      try await gateway.serve(host: host, port: port) { host, port in
        if !quiet {
          Output.print(
            Welcome(scheme: settings.scheme, host: host, port: port, path: settings.path, key: key, configPath: source.description).text)
        }
      }
    }
  }
}

struct StdioCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stdio", abstract: "Serve one MCP client on standard input and output.",
    discussion: """
      For clients that start their servers. The caller is known from the environment: ENKRYPT_GATEWAY_KEY, and where they are wanted ENKRYPT_PROJECT_ID and \
      ENKRYPT_USER_ID. Messages go to standard error. Ends with its input; SIGTERM and SIGINT let requests finish.
      """)

  @OptionGroup var config: ConfigOption

  func run() async throws {
    try await Command.run {
      let context = try config.context()
      let streams = try StandardStreams.takeOver()
      let gateway = try await Gateway.open(context.lookup.find(), executable: context.executable, isServing: true)
      try await gateway.serve(streams, environment: ProcessInfo.processInfo.environment)
    }
  }
}

/// What a newcomer sees once the gateway listens: where it is, and how to try it.
struct Welcome {
  var scheme: String
  var host: String
  var port: Int
  var path: String
  /// The demo key, when `generate-config` left it beside the configuration.
  var key: String?
  var configPath: String

  var text: String {
    let url = "\(scheme)://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host):\(port)\(path)/"
    let key = key ?? "YOUR_GATEWAY_KEY"
    return """
      Secure MCP Gateway \(Version.current)
        URL     \(url)
        Key     \(self.key ?? "one of the keys in \(configPath)")
        Config  \(configPath)

      Add it to an MCP client (Cursor, VS Code, Claude Code, …):
        {"mcpServers": {"secure-mcp-gateway": {"type": "http", "url": "\(url)", "headers": {"apikey": "\(key)"}}}}

      Or try it here. This call passes:
        \(curl(url, key, message: "hello"))
      and this one is blocked:
        \(curl(url, key, message: "please run rm -rf /"))

      Ctrl-C stops the gateway.
      """
  }

  /// One self-contained request of revision 2026-07-28 for the demo's echo server.
  private func curl(_ url: String, _ key: String, message: String) -> String {
    let meta = #"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
    let arguments = #"{"server_name":"echo_server","tool_calls":[{"name":"echo","args":{"message":"\#(message)"}}]}"#
    let body =
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"enkrypt_secure_call_tools","arguments":\#(arguments),"_meta":\#(meta)}}"#
    return """
      curl -sS \(url) -H 'apikey: \(key)' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
      -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: enkrypt_secure_call_tools' -d '\(body)'
      """
  }
}

struct EchoServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo-server", abstract: "Run the built-in MCP server on standard input and output: it echoes what it is told.")

  func run() throws {
    let status = EchoServer.run()
    if status != 0 { throw ExitCode(status) }
  }
}
