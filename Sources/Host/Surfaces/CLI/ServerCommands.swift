internal import ArgumentParser
internal import JSON

struct ServersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server", abstract: "Look at the MCP servers of a configuration.", subcommands: [List.self, Info.self, Discover.self])

  struct List: AskCommand {
    static let operation = RuntimeOperations.listServers
    static let configuration = CommandConfiguration(abstract: "List the servers; with --discover, start each and list its tools.")
    @OptionGroup var place: PlaceOptions
    @OptionGroup var mcpConfig: MCPConfigOption
    @Flag(help: "Start each server and list its tools.") var discover = false

    func run() async throws {
      let input = ServerList.Input(discoverTools: discover)
      try await ask(ServerList.self, input, ["discover_tools": .bool(discover)], show: showDocument)
    }
  }

  struct Info: AskCommand {
    static let operation = RuntimeOperations.serverInfo
    static let configuration = CommandConfiguration(abstract: operation.summary)
    @OptionGroup var place: PlaceOptions
    @OptionGroup var mcpConfig: MCPConfigOption
    @Option(help: "The server.") var serverName: String

    func run() async throws {
      let input = ServerInfo.Input(serverName: serverName)
      try await ask(ServerInfo.self, input, ["server_name": .string(serverName)], show: showDocument)
    }
  }

  struct Discover: AskCommand {
    static let operation = RuntimeOperations.discover
    static let configuration = CommandConfiguration(abstract: operation.summary)
    @OptionGroup var place: PlaceOptions
    @OptionGroup var mcpConfig: MCPConfigOption
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
      var fields: JSONObject = ["limit": .int(limit)]
      if let serverName { fields["server_name"] = .string(serverName) }
      if let query { fields["query"] = .string(query) }
      try await ask(ServerDiscover.self, input, fields, show: showDocument)
    }
  }
}
