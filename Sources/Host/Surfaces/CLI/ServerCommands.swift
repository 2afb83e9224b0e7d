internal import ArgumentParser

struct ServersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server", abstract: "Look at the MCP servers of a configuration.", subcommands: [List.self, Info.self, Discover.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the servers; with --discover, start each and list its tools.")
    @OptionGroup var config: ConfigOption
    @OptionGroup var mcpConfig: MCPConfigOption
    @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?
    @Flag(help: "Start each server and list its tools.") var discover = false

    func run() async throws {
      let input = ServerList.Input(discoverTools: discover)
      try await Command.operate(ServerList.self, input, config: config, mcpConfig: mcpConfig.name, as: output)
    }
  }

  struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one server's entry, secrets masked.")
    @OptionGroup var config: ConfigOption
    @OptionGroup var mcpConfig: MCPConfigOption
    @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?
    @Option(help: "The server.") var serverName: String

    func run() async throws {
      let input = ServerInfo.Input(serverName: serverName)
      try await Command.operate(ServerInfo.self, input, config: config, mcpConfig: mcpConfig.name, as: output)
    }
  }

  struct Discover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start one server, or all, and list the tools that guardrails let pass.")
    @OptionGroup var config: ConfigOption
    @OptionGroup var mcpConfig: MCPConfigOption
    @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?
    @Option(help: "The server; all of them without it.") var serverName: String?
    @Option(help: "Only the tools that these words are about, the best first.") var query: String?
    @Option(help: "With --query: at most so many tools.") var limit = Limits.Federation.searchLimit

    func validate() throws {
      guard 1...Limits.Federation.maxSearchLimit ~= limit else {
        throw ValidationError("--limit must be from 1 to \(Limits.Federation.maxSearchLimit).")
      }
    }

    func run() async throws {
      let input = ServerDiscover.Input(serverName: serverName, query: query, limit: limit)
      try await Command.operate(ServerDiscover.self, input, config: config, mcpConfig: mcpConfig.name, as: output)
    }
  }
}
