internal import ArgumentParser
internal import JSON

struct ToolsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tools", abstract: "What was accepted of servers and their tools, and what they changed since.",
    subcommands: [Pins.self, Diff.self, Approve.self, Reset.self])

  /// Which server.
  struct ServerWords: ParsableArguments {
    @Option(
      name: [.customLong("config-name"), .customLong("config-id")],
      help: "Name or id of the MCP config; needed when several have a server of that name.")
    var config: String?
    @Option(name: [.customLong("server-name"), .customLong("server")], help: "Name of the server.") var server: String?

    var input: JSONObject {
      var input = JSONObject()
      if let config { input["config_name"] = .string(config) }
      if let server { input["server_name"] = .string(server) }
      return input
    }
  }

  /// Which server, and which of its tools.
  struct ToolWords: ParsableArguments {
    @OptionGroup var server: ServerWords
    @Option(name: [.customLong("tool-name"), .customLong("tool")], help: "Name of the tool, as its server calls it.") var tool: String?

    var input: JSONObject { tool.map { server.input.adding(["tool_name": .string($0)]) } ?? server.input }
  }

  struct Pins: AdminCommand {
    static let operation = PinOperations.pins
    @OptionGroup var words: ServerWords
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { words.input }
  }

  struct Diff: AdminCommand {
    static let operation = PinOperations.diff
    static let discussion = "Characters that nobody would see are written as their numbers, \\u{200B}."
    @OptionGroup var words: ToolWords
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { words.input }
  }

  struct Approve: AdminChangeCommand {
    static let operation = PinOperations.approve
    static let discussion = "--if-match takes the revision of the pins, which --dry-run shows."
    @OptionGroup var words: ToolWords
    @Flag(help: "Of all servers.") var all = false
    @Option(help: "Only if the change is the one with this digest, as `tools diff` showed it.") var digest: String?
    @OptionGroup var options: ChangeOptions

    func input() -> JSONObject {
      var input = words.input
      if all { input["all"] = true }
      if let digest { input["digest"] = .string(digest) }
      return input
    }
  }

  struct Reset: AdminChangeCommand {
    static let operation = PinOperations.reset
    @OptionGroup var words: ToolWords
    @Flag(help: "Of all servers.") var all = false
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { all ? words.input.adding(["all": true]) : words.input }
  }
}
