internal import ArgumentParser
internal import Egress
internal import JSON

/// The running gateway that a command asks.
struct GatewayOption: ParsableArguments {
  @Option(help: "URL of the running gateway's MCP endpoint.") var url = "http://127.0.0.1:8000/mcp/"
  @Option(
    help: ArgumentHelp("PEM file of the authorities that an https URL may be certified by, in place of the system's.", valueName: "path"))
  var ca: String?
  @Option(help: ArgumentHelp("PEM file of a certificate, if the gateway asks clients for one.", valueName: "path")) var cert: String?
  @Option(help: ArgumentHelp("PEM file of that certificate's private key.", valueName: "path")) var certKey: String?
  @Option(
    help: ArgumentHelp(
      "File with a gateway key; - reads it from standard input.",
      discussion: "Without it: $ENKRYPT_GATEWAY_KEY. A key never goes on a command line.",
      valueName: "path"))
  var keyFile: String?
  @Flag(help: "Send the key to another machine over plain HTTP.") var allowPlaintext = false
  @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

  func call(_ tool: GatewayTool, _ arguments: JSONObject = [:]) async throws {
    try await Command.run { try await Output.show(document: ask(tool, arguments), as: output) }
  }

  /// - Returns: the tool's structured answer.
  func ask(_ tool: GatewayTool, _ arguments: JSONObject = [:]) async throws -> JSONValue {
    let tls = TLSProfile(authoritiesFile: ca, certificateFile: cert, keyFile: certKey)
    return try await GatewayClient(url: url, key: GatewayKey.read(file: keyFile), tls: tls, allowsPlaintext: allowPlaintext).call(
      tool, arguments)
  }
}

struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look at, or clear, what a running gateway has cached for a key.",
    subcommands: [Status.self, Clear.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what is cached and until when.")
    @OptionGroup var gateway: GatewayOption

    func run() async throws { try await gateway.call(.getCacheStatus) }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget cached tools.")
    @OptionGroup var gateway: GatewayOption
    @Option(help: "Only this server's.") var serverName: String?
    @Option(help: "all, server_config or gateway_config.") var cacheType: String?
    @Flag(help: "Show whose tools would be forgotten, and forget nothing.") var dryRun = false

    func run() async throws {
      guard !dryRun else { return try await Command.run { try await preview() } }
      var arguments: JSONObject = [:]
      if let serverName { arguments["server_name"] = .string(serverName) }
      if let cacheType { arguments["cache_type"] = .string(cacheType) }
      try await gateway.call(.clearCache, arguments)
    }

    private func preview() async throws {
      let forgetsTools = try CacheClear.forgetsTools(cacheType)
      let status = try await gateway.ask(.getCacheStatus)["cache_status"]?["gateway_specific"]?["tools"]?["servers"]?.objectValue ?? [:]
      let cached = status.filter { name, state in
        state["exists"]?.boolValue == true && (serverName.map { $0.isEmpty || $0 == name } ?? true)
      }
      try Output.show(
        [
          "dry_run": true, "message": "Nothing was forgotten.",
          "servers": .array(forgetsTools ? cached.map { .string($0.key) } : []),
        ], as: gateway.output)
    }
  }
}

struct TimeoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeout", abstract: "Look at time limits and how they are kept.", subcommands: [Metrics.self])

  struct Metrics: RoutedCommand {
    static let operation = RuntimeOperations.timeouts
    static let configuration = CommandConfiguration(abstract: operation.summary)
    @OptionGroup var gateway: GatewayOption

    func run() async throws { try await gateway.call(.getTimeoutMetrics) }
  }
}
